import * as z from "zod";
import * as values from "../values/index.js";

/** Replaces a vendor's apt repository with a mirror. */
export const aptSource = z
  .strictObject({
    /** URL of a mirror. Default: the vendor's repository. */
    url: values.mirrorUrl.optional(),
    /** File with the armored public key that signs the repository. Default: servers download the vendor's key and check its fingerprint. */
    keyFile: values.publicKeyFile.optional(),
    /** New signing key of the vendor, if the vendor has replaced the key that this project contains. */
    publishedKey: z
      .strictObject({
        /** URL at which the vendor publishes the armored public key. */
        url: values.downloadUrl,
        /** Fingerprints of the primary keys that may sign the repository, 40 hexadecimal digits each. */
        fingerprints: z.array(values.keyFingerprint).min(1),
        /** Expiry date of the key, as printed by `gpg --show-keys`. The review warns before this date. */
        ends: values.day,
      })
      .optional(),
  })
  .refine(({ keyFile, publishedKey }) => keyFile === undefined || publishedKey === undefined, {
    message: "must contain either keyFile or publishedKey, not both",
    params: { fix: "remove one of the two" },
  })
  .transform(({ url, keyFile, publishedKey }) => ({ url, key: keyFile ?? publishedKey }));
