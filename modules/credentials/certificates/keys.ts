/**
 * Keys are ECDSA P-256, or RSA with 2048 bits where a vendor's guide shows nothing else.
 * Certificates of our own CAs live long and are never renewed by the clock (`early_renewal_hours` 0): a renewed one
 * would reach a server only with its next replacement, and a plan that changes with the date cannot be reviewed.
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
