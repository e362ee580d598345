export { replaceCommand, reportOutdated } from "./outdated.js";
export { PlatformServer } from "./platform-server.js";
export { SecretLabels } from "./secret-labels.js";
export { SharedUserData, type SecretReferences } from "./terraform-secrets.js";
