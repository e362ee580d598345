export { agreesWith } from "./agrees-with.js";
export { balancerDefinition } from "../../config/balancer.js";
export { Balancer } from "./balancer.js";
export { BalancerCertificate } from "./certificate.js";
export { Changeover } from "./changeover.js";
