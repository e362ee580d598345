export { renderCloudConfig, type CloudConfig } from "./cloud-config.js";
export { packageFilesOf, packagesOf, payloadOf } from "./payload.js";
export { plainFilesOf, type PlainFile } from "./plain-files.js";
export { maximumBytes, payloadHash, payloadSize, warningBytes, withCertificateBefore } from "./size.js";
export {
  allSecretParts,
  compressedShared,
  secretParts,
  secretsAtHand,
  serverUserData,
  type SecretSource,
} from "./user-data.js";
