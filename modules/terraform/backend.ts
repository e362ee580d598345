import { LocalBackend, S3Backend, type TerraformStack } from "cdktf";
import type { Config } from "../config/schema.js";

/**
 * Location of a stack's state. The credentials of the object storage come only from the environment variables AWS_ACCESS_KEY_ID and
 * AWS_SECRET_ACCESS_KEY.
 */
export function configureState(stack: TerraformStack, config: Config): void {
  const file = `${stack.node.id}.tfstate`;
  if (config.backend.type === "local") {
    // Relative to cdktf.out/stacks/<stack>, where Terraform runs, so that the text is the same in every checkout.
    new LocalBackend(stack, { path: `../../../state/${file}` });
    return;
  }
  const { bucket, endpoint, region, prefix = config.environment } = config.backend;
  new S3Backend(stack, {
    bucket,
    key: `${prefix}/${file}`,
    region,
    endpoints: { s3: endpoint },
    usePathStyle: true,
    // These options disable requests to Amazon services that other vendors' object storages do not have.
    skipCredentialsValidation: true,
    skipMetadataApiCheck: true,
    skipRegionValidation: true,
    skipRequestingAccountId: true,
    skipS3Checksum: true,
  });
  // Lock object in the bucket, supported by Terraform and OpenTofu from 1.10. cdktf's typed backend does not have this option.
  stack.addOverride("terraform.backend.s3.use_lockfile", true);
}
