export { CertificateAuthority, type CertificateAuthorityProps } from "./certificate-authority.js";
export { SignedCertificate, type SignedCertificateProps } from "./signed-certificate.js";
