export { agreesWith } from "./agreement.js";
export { outdatedServers, replaceCommand, reportOutdated } from "./outdated.js";
export { PlatformServer, type PlatformServerProps } from "./platform-server.js";
export type { SecretReferences } from "./terraform-secrets.js";
