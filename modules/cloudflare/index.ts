export { CloudflareSite, type CloudflareSiteProps } from "./site.js";
