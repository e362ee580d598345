export { renderCloudConfig, type CloudConfig } from "./cloud-config.js";
export type { AptSource, PayloadContext, PayloadFile, PayloadPart } from "../part/part.js";
export { payloadOf } from "./payload.js";
export { plainFilesOf, type PlainFile } from "./plain-files.js";
export { maximumBytes, payloadHash, payloadSize, warningBytes } from "./size.js";
export {
  allSecretParts,
  compress,
  secretParts,
  serverUserData,
  type SecretSource,
  type UserDataProps,
} from "./user-data.js";
