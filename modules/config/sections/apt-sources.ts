import * as z from "zod";
import * as values from "../values/index.js";

/** Replaces a vendor's apt repository, for a mirror. */
export const aptSource = z
  .strictObject({
    url: values.mirrorUrl.optional().describe("Address of a mirror. Default: the vendor's own."),
    keyFile: values.publicKeyFile
      .optional()
      .describe(
        "File with the armored public key that signs it. Default: servers download the vendor's key and check its fingerprint.",
      ),
    publishedKey: z
      .strictObject({
        url: values.downloadUrl.describe("Where the vendor publishes the armored public key."),
        fingerprints: z
          .array(values.keyFingerprint)
          .min(1)
          .describe("Fingerprints of the primary keys that may sign, 40 hexadecimal digits each."),
        ends: values.day.describe("Last day of the key, as `gpg --show-keys` tells it; the review warns before."),
      })
      .optional()
      .describe("Another key than the one this project knows, once the vendor has changed it."),
  })
  .refine(({ keyFile, publishedKey }) => keyFile === undefined || publishedKey === undefined, {
    message: "must name one key, in keyFile or in publishedKey",
    params: { fix: "remove one of the two" },
  })
  .transform(({ url, keyFile, publishedKey }) => ({ url, key: keyFile ?? publishedKey }));
