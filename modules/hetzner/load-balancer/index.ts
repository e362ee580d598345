export { balancerDefinition } from "../../config/balancer.js";
export { Balancer } from "./balancer.js";
export { BalancerCertificate } from "./certificate.js";
