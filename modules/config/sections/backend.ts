import * as z from "zod";
import * as values from "../values/index.js";
import { generation } from "./generations.js";

/** Encryption of the state with OpenTofu. Terraform cannot encrypt its state. */
const encryption = z
  .strictObject({
    /** Step of [state encryption](state.md#encrypt-the-state), which needs OpenTofu. "enforced" rejects state in plain text. Without `encryption`, the state is plain text. Default: "enforced". */
    step: z.enum(["enforced", "begin", "change-passphrase", "end"]).default("enforced"),
    /** Number of the passphrase. Raise the number by one in the deploy that changes the passphrase. Default: 1. */
    generation,
  })
  .refine(({ step, generation }) => step !== "change-passphrase" || generation > 1, {
    path: ["generation"],
    message: "must be raised if the passphrase changes",
    params: { fix: "write the previous generation plus one" },
  })
  .optional();

export const backend = z.discriminatedUnion("type", [
  z.strictObject({
    /** Storage of Terraform's state. "local" (default): a local file. "s3": an object storage, with locking. */
    type: z.literal("local"),
    encryption,
    /** Must be true in production if the state is local. Default: false. */
    acceptLocalState: z.boolean().default(false),
  }),
  z.strictObject({
    /** Storage of Terraform's state. "local" (default): a local file. "s3": an object storage, with locking. */
    type: z.literal("s3"),
    /** Bucket of the state files. Create it before the first deploy. */
    bucket: values.bucketName,
    /** URL of the object storage, for example "https://fsn1.your-objectstorage.com". */
    endpoint: values.endpointUrl,
    /** Region of the bucket, for example "fsn1". */
    region: values.region,
    /** Folder of the state files in the bucket. Default: the environment's name. */
    prefix: values.folder.optional(),
    encryption,
  }),
]);
