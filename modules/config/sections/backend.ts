import * as z from "zod";
import * as values from "../values/index.js";
import { generation } from "./generations.js";

/** OpenTofu's state encryption; Terraform has none. */
const encryption = z
  .strictObject({
    step: z
      .enum(["enforced", "begin", "change-passphrase", "end"])
      .default("enforced")
      .describe(
        'With `encryption`, OpenTofu encrypts state and plans by the passphrase in `TF_VAR_state_passphrase`; "enforced" takes no plain state. Steps [to it and back](state.md#encrypt-the-state), a deploy each: "begin", "change-passphrase", "end". Without `encryption`: plain.',
      ),
    generation: generation.describe(
      "Counts the passphrases: raised by one in the deploy that changes it, and left there.",
    ),
  })
  .refine(({ step, generation }) => step !== "change-passphrase" || generation > 1, {
    path: ["generation"],
    message: "must be raised with the passphrase",
    params: { fix: "write one more than the generation of the passphrase until now" },
  })
  .optional();

export const backend = z.discriminatedUnion("type", [
  z.strictObject({
    type: z.literal("local").describe("Where Terraform keeps its state; without `backend` a local file."),
    encryption,
    acceptLocalState: z.boolean().default(false).describe("In production, local state needs this explicit word."),
  }),
  z.strictObject({
    type: z.literal("s3").describe("Where Terraform keeps its state: object storage, with locking."),
    bucket: values.bucketName.describe("Bucket of the state files; it exists before the first deploy."),
    endpoint: values.endpointUrl.describe('Of the object storage, for example "https://fsn1.your-objectstorage.com".'),
    region: values.region.describe('Region of the bucket, for example "fsn1".'),
    prefix: values.folder
      .optional()
      .describe("Folder of the state files in the bucket. Default: the environment's name."),
    encryption,
  }),
]);
