export { agreement } from "./agreement.js";
export { replaceCommand, reportOutdated } from "./outdated.js";
export { PlatformServer } from "./platform-server.js";
export { SharedSecrets, type SecretReferences } from "./terraform-secrets.js";
