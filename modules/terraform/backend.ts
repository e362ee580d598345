import { LocalBackend, S3Backend, type TerraformStack } from "cdktf";
import type { Config } from "../config/schema.js";

/**
 * Configures where Terraform stores the state of a stack. The credentials of the object storage come only from the environment variables
 * AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.
 */
export function configureState(stack: TerraformStack, config: Config): void {
  const file = `${stack.node.id}.tfstate`;
  if (config.backend.type === "local") {
    // The path is relative to cdktf.out/stacks/<stack>, where Terraform runs, so that the text is the same in every checkout.
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
    // Disables requests to Amazon services, because object storages of other vendors do not have these services.
    skipCredentialsValidation: true,
    skipMetadataApiCheck: true,
    skipRegionValidation: true,
    skipRequestingAccountId: true,
    skipS3Checksum: true,
  });
  // Terraform locks the state with an object in the bucket. Terraform and OpenTofu support this lock since version
  // 1.10, but cdktf's typed backend does not have the option.
  stack.addOverride("terraform.backend.s3.use_lockfile", true);
}
