import ipaddr from "ipaddr.js";
import { isHostName, isSpecialUse } from "./host-names.js";
import { text, type Verdict } from "./verdict.js";

/** A check of a URL. If a URL violates several rules, only the first violation is reported. */
type Judge = (url: URL, written: string) => Verdict;

const withoutCredentials: Judge = ({ username, password }) =>
  username + password === ""
    ? undefined
    : {
        rule: "must not contain a user name or password",
        fix: "allow access without a password, because this value is stored in plain text",
      };

const overTls: Judge = ({ protocol, href }) =>
  protocol === "https:"
    ? undefined
    : {
        rule: "must be an https URL",
        fix: protocol === "http:" ? `write it as ${href.replace("http:", "https:")}` : "write it as https://host/path",
      };

const overHttp =
  (example: string): Judge =>
  ({ protocol }) =>
    protocol === "https:" || protocol === "http:"
      ? undefined
      : { rule: "must be an http or https URL", fix: `write it as "${example}"` };

/** Returns the IP address in a URL's host, or `undefined` if the host is a name. */
const addressIn = (hostname: string) => {
  const address = hostname.replaceAll(/[[\]]/g, "");
  return ipaddr.isValid(address) ? ipaddr.parse(address) : undefined;
};

/**
 * IP address ranges in which an address identifies the same host on every machine. Loopback and link-local addresses
 * are not in these ranges.
 */
const commonRanges = ["unicast", "private", "uniqueLocal", "reserved"];

/** Checks that other machines can reach the host of the URL. */
const onAHost: Judge = ({ hostname }) => {
  const address = addressIn(hostname);
  const holds = address ? commonRanges.includes(address.range()) : isHostName(hostname) && !isSpecialUse(hostname);
  return holds
    ? undefined
    : {
        rule: "must contain a host that other machines can reach",
        fix: 'write its full host name, such as "host.foobar.com"',
      };
};

/**
 * Checks that servers can connect to the URL. The host firewall allows connections to the internet only on the default
 * ports.
 */
const withinReach: Judge = ({ hostname, port }) => {
  if (port !== "")
    return {
      rule: "must not contain a port, because servers can connect only to the default port",
      fix: "serve it on the default port",
    };
  const address = addressIn(hostname);
  return address && address.range() !== "unicast"
    ? {
        rule: "must be on the internet, because servers download nothing over the private network",
        fix: "write a public host",
      }
    : undefined;
};

const partNames = { pathname: "path", search: "query", hash: "fragment" } as const;

/**
 * Checks that the URL has none of the given parts, such as a query. The part would be lost, or a path would be appended
 * after it.
 */
const without =
  (why: string, ...parts: readonly (keyof typeof partNames)[]): Judge =>
  (url) => {
    const plain = new URL(url);
    for (const part of parts) plain[part] = "";
    return plain.href === url.href
      ? undefined
      : {
          rule: `must have no ${parts.map((part) => partNames[part]).join(", no ")}, because ${why}`,
          fix: `write it as ${plain.href}`,
        };
  };

/**
 * Checks that the URL is in normalized form, because curl, apt, cloud-init and systemd interpret capitals, quotes, brackets and $
 * differently.
 */
const asWritten: Judge = ({ href, hostname }, written) => {
  if (/%(?![0-9a-f]{2})/i.test(written))
    return { rule: "must contain two hexadecimal digits after each %", fix: "write %25 for a literal %" };
  if (href !== written && href !== `${written}/`)
    return {
      rule: "must be in normalized form, without capitals in scheme or host, spaces or backslashes",
      fix: `write it as ${href}`,
    };
  const odd = /[^\w\-.~:/?#@!&()*+,;=%]/.exec(href.replace(hostname, ""))?.[0];
  return odd === undefined
    ? undefined
    : {
        rule: `must not contain the character ${odd}`,
        fix: `write %${odd.charCodeAt(0).toString(16).toUpperCase()} for it`,
      };
};

const url = (...judges: readonly Judge[]) =>
  text((value) => {
    if (!URL.canParse(value)) return { rule: "must be a URL", fix: "write it as https://host/path" };
    const parsed = new URL(value);
    return [...judges, asWritten].map((judge) => judge(parsed, value)).find((verdict) => verdict !== undefined);
  });

/** URL of a file that servers download and verify with a digest. */
export const downloadUrl = url(
  withoutCredentials,
  overTls,
  withinReach,
  onAHost,
  without("it is not sent to the server", "hash"),
);

/** URL of an apt repository. HTTP is allowed, because apt verifies signatures. */
export const mirrorUrl = url(
  withoutCredentials,
  overHttp("https://mirror.foobar.com/path"),
  withinReach,
  onAHost,
  without("apt appends its own paths", "search", "hash"),
);

/** URL of an object storage that servers use. */
export const archiveUrl = url(
  withoutCredentials,
  overTls,
  withinReach,
  onAHost,
  without("the bucket is a separate setting", "pathname", "search", "hash"),
);

/** URL of a service that Terraform uses. */
export const endpointUrl = url(
  withoutCredentials,
  overTls,
  onAHost,
  without("Terraform appends its own paths", "pathname", "search", "hash"),
);

/** URL of a page that people open from an alert. */
export const pageUrl = url(
  withoutCredentials,
  overHttp("https://wiki.foobar.com/runbook"),
  onAHost,
  without("the alert's name is appended as a fragment", "hash"),
);
