export { agreesWith } from "./agrees-with.js";
export { Balancer } from "./balancer.js";
export { BalancerCertificate } from "./certificate.js";
export { BalancerMigration } from "./changeover.js";
