export { balancerDefinition, type BalancerDefinition, type BalancerService } from "../../config/balancer.js";
export { Balancer, type BalancerProps } from "./balancer.js";
export { BalancerCertificate, type BalancerCertificateProps } from "./certificate.js";
