export { CertificateAuthority } from "./certificate-authority.js";
export { SignedCertificate } from "./signed-certificate.js";
