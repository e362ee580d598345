import * as z from "zod";
import * as values from "../values/index.js";

/** Replaces a vendor's apt repository with a mirror. */
export const aptSource = z
  .strictObject({
    url: values.mirrorUrl.optional().describe("URL of a mirror. Default: the vendor's repository."),
    keyFile: values.publicKeyFile
      .optional()
      .describe(
        "File with the armored public key that signs the repository. Default: servers download the vendor's key and check its fingerprint.",
      ),
    publishedKey: z
      .strictObject({
        url: values.downloadUrl.describe("URL at which the vendor publishes the armored public key."),
        fingerprints: z
          .array(values.keyFingerprint)
          .min(1)
          .describe("Fingerprints of the primary keys that may sign the repository, 40 hexadecimal digits each."),
        ends: values.day.describe(
          "Expiry date of the key, as printed by `gpg --show-keys`. The review warns before this date.",
        ),
      })
      .optional()
      .describe("New signing key of the vendor, if the vendor has replaced the key that this project contains."),
  })
  .refine(({ keyFile, publishedKey }) => keyFile === undefined || publishedKey === undefined, {
    message: "must contain either keyFile or publishedKey, not both",
    params: { fix: "remove one of the two" },
  })
  .transform(({ url, keyFile, publishedKey }) => ({ url, key: keyFile ?? publishedKey }));
