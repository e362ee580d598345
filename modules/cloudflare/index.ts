export { noOrigin } from "./dns-records.js";
export { CloudflareSite, type CloudflareSiteProps } from "./site.js";
