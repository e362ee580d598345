import * as z from "zod";
import { generation } from "./generations.js";

/** Validity periods of Origin CA certificates that Cloudflare offers, in days (API reference of origin_ca_certificate). */
const certificateValiditiesDays = [7, 30, 90, 365, 730, 1095, 5475] as const;

export const certificate = z.strictObject({
  /** Validity of the Cloudflare Origin CA certificate, in days. Default: 365. */
  validityDays: z.literal(certificateValiditiesDays).default(365),
  /** Key type of the certificate. Default: RSA 2048 if `tls` is "terminate"; otherwise ECDSA P-256. */
  keyType: z.enum(["rsa", "ecdsa"]).optional(),
  /** Number of the key and certificate. To replace them, raise the number by one, then run `npm run ops rotate origin-certificate`. Default: 1. */
  generation,
});
