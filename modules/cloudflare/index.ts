export { CloudflareSite } from "./site.js";
