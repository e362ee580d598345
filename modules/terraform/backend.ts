import { LocalBackend, S3Backend, type TerraformStack } from "cdktf";
import type { Config } from "../config/schema.js";

/**
 * Where a stack's state lives. Credentials of the object storage come from the environment
 * (AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY), never from here.
 */
export function configureState(stack: TerraformStack, config: Config): void {
  const file = `${stack.node.id}.tfstate`;
  if (config.backend.type === "local") {
    // Relative to cdktf.out/stacks/<stack>, where Terraform runs: the same text in every checkout.
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
    // All of these ask Amazon's own services, which another vendor's object storage does not have.
    skipCredentialsValidation: true,
    skipMetadataApiCheck: true,
    skipRegionValidation: true,
    skipRequestingAccountId: true,
    skipS3Checksum: true,
  });
  // A lock object in the bucket (Terraform and OpenTofu from 1.10); cdktf's typed backend is older than it.
  stack.addOverride("terraform.backend.s3.use_lockfile", true);
}
