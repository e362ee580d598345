export type { ClientCertificate } from "./context.js";
export { noOrigin } from "./dns-records.js";
export { CloudflareSite, type CloudflareSiteProps } from "./site.js";
