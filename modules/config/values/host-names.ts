/** A label of a host name. */
const label = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

/**
 * Matches a top-level domain: letters or punycode. Numbers are excluded, because the name would then be an IP address.
 */
const topLevel = /^([a-z]{2,63}|xn--[a-z0-9-]{1,58}[a-z0-9])$/;

/** Top-level domains that do not exist in the public DNS (RFC 2606, RFC 6761, RFC 6762, RFC 8375, RFC 9476, and ICANN's `internal`). */
const specialUse = ["alt", "arpa", "example", "internal", "invalid", "local", "localhost", "onion", "test"];

/** Returns true if a name has the form of a public host name with at least two labels. */
export function isHostName(name: string): boolean {
  const labels = name.split(".");
  return labels.length >= 2 && labels.every((part) => label.test(part)) && topLevel.test(labels.at(-1) ?? "");
}

/** Returns true if a name is reserved for private use. */
export const isSpecialUse = (name: string): boolean => specialUse.includes(name.split(".").at(-1) ?? "");
