import { connect } from "node:tls";

/** Maximum milliseconds to wait for a TLS handshake. */
const handshakeMs = 10_000;

/** An address that presents a certificate. */
export interface Shown {
  readonly address: string;
  readonly port: number;
  /** Requested server name (SNI). */
  readonly host: string;
}

/** Returns the SHA-256 of the presented certificate in the format of `X509Certificate`, or `undefined` if no certificate is presented. */
export const fingerprintAt = ({ address, port, host }: Shown): Promise<string | undefined> =>
  new Promise((done) => {
    const socket = connect({
      host: address,
      port,
      servername: host,
      // The certificate is compared and not verified, because only Cloudflare trusts its Origin CA.
      rejectUnauthorized: false,
    });
    const end = (fingerprint?: string): void => {
      socket.destroy();
      done(fingerprint);
    };
    socket.setTimeout(handshakeMs, () => end());
    socket.once("error", () => end());
    socket.once("secureConnect", () => end(socket.getPeerX509Certificate()?.fingerprint256));
  });
