import { connect } from "node:tls";

/** Longest wait for a handshake, in milliseconds. */
const handshakeMs = 10_000;

/** A place where somebody shows a certificate. */
export interface Shown {
  readonly address: string;
  readonly port: number;
  /** Name that it is asked for (SNI). */
  readonly host: string;
}

/** SHA-256 of the certificate that is shown there, as `X509Certificate` writes it. @returns undefined when none is */
export const fingerprintAt = ({ address, port, host }: Shown): Promise<string | undefined> =>
  new Promise((done) => {
    const socket = connect({
      host: address,
      port,
      servername: host,
      // Who it is must be seen, not believed: Cloudflare's Origin CA is trusted by Cloudflare alone.
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
