import * as z from "zod";
import { generation } from "./generations.js";

/** Validities that Cloudflare issues Origin CA certificates for, in days (API reference of origin_ca_certificate). */
const certificateValiditiesDays = [7, 30, 90, 365, 730, 1095, 5475] as const;

export const certificate = z.strictObject({
  validityDays: z
    .literal(certificateValiditiesDays)
    .default(365)
    .describe("Validity of the Cloudflare Origin CA certificate, in days. A change waits for the next generation."),
  keyType: z
    .enum(["rsa", "ecdsa"])
    .optional()
    .describe(
      "Kind of its key. A change waits for the next generation. Default: RSA 2048 where the balancer ends TLS, since no public example shows one with another; else ECDSA P-256.",
    ),
  generation: generation.describe(
    "Raise it by one to issue a new key and certificate, then `npm run ops rotate origin-certificate`.",
  ),
});
