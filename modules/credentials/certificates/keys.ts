/**
 * Kinds of keys: ECDSA P-256, or RSA with 2048 bits where the vendor's guide shows no other.
 *
 * Certificates of our own CAs are valid for long and never renewed by date (`early_renewal_hours` 0): a renewed one would reach a server
 * only when that is replaced, and a plan that depends on the date cannot be reviewed.
 */
export const keyTypes = {
  ecdsa: { algorithm: "ECDSA", ecdsaCurve: "P256" },
  rsa: { algorithm: "RSA", rsaBits: 2048 },
} as const;

/** Kind of a key. */
export type KeyType = keyof typeof keyTypes;

const hoursPerYear = 8766;

/** Validity in hours: a CA outlives every certificate it signs. */
export const validityHours = { authority: 20 * hoursPerYear, certificate: 10 * hoursPerYear } as const;
