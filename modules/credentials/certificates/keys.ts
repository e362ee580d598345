/**
 * Key types: ECDSA P-256, or RSA with 2048 bits if the vendor's guide shows only RSA.
 * Certificates of our own CAs are valid for years and Terraform never renews them by date (`early_renewal_hours` 0). A
 * server gets a renewed certificate only when the server is replaced. Moreover, a plan must not depend on the date,
 * because reviewers could then not rely on it.
 */
export const keyTypes = {
  ecdsa: { algorithm: "ECDSA", ecdsaCurve: "P256" },
  rsa: { algorithm: "RSA", rsaBits: 2048 },
} as const;

/** Type of a private key. */
export type KeyType = keyof typeof keyTypes;

const hoursPerYear = 8766;

/** Validity periods in hours. A CA is valid longer than every certificate that it signs. */
export const validityHours = { authority: 20 * hoursPerYear, certificate: 10 * hoursPerYear } as const;
