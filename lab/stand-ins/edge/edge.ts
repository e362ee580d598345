import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import type { Config } from "../../../modules/config/schema.js";
import { ports } from "../../../modules/platform/ports.js";
import { renderTemplate } from "../../../modules/machine/part/templates.js";
import type { KeyPair } from "../../keys/certificates.js";
import { askHaproxy } from "../../balancer/ask.js";
import type { Layout } from "../../layout.js";
import { edge } from "../../network/addresses.js";
import { startService } from "../../system/service.js";

/** An address of each family. */
export interface DualStackAddress {
  readonly ipv4: string;
  readonly ipv6: string;
}

/** How the edge shows the origin that a request came through it. */
export type EdgeProof =
  /**
   * A header of this name carries the secret that a file holds, a HAProxy map of one line, or that the process was told since
   * (`tls: "terminate"`).
   */
  | { readonly kind: "header"; readonly name: string; readonly tokenFile: string }
  /** Authenticated origin pulls: a client certificate with its key, as one PEM file (`tls: "passthrough"`). */
  | { readonly kind: "certificate"; readonly bundle: string };

/** What the zone's settings make the edge do. */
export interface EdgeProps {
  /** Where visitors reach the site. */
  readonly addresses: DualStackAddress;
  /** Where the zone's A and AAAA records point: the balancer. */
  readonly origin: DualStackAddress;
  /** Certificate and key that visitors see, as one PEM file. */
  readonly certificateBundle: string;
  /** The only authority that the origin's certificate is accepted from (`ssl: strict`). The certificate must name the visitor's host. */
  readonly originCa: string;
  /** How the origin knows that a request came through this edge. */
  readonly proof: EdgeProof;
  /** Oldest TLS version that visitors may use. */
  readonly minimumTlsVersion: Config["cloudflare"]["minimumTlsVersion"];
  /** Zone setting for Strict-Transport-Security. */
  readonly hsts: Config["cloudflare"]["hsts"];
  /** Port of the redirect to HTTPS. @default 80 */
  readonly httpPort?: number;
  /** Port of the site. @default 443 */
  readonly httpsPort?: number;
  /** Port of the origin. @default the balancer's */
  readonly originPort?: number;
  /** Socket on which the process is told another secret. @default - none */
  readonly socket?: string;
}

/** Key of the one line of the file with the secret. */
export const tokenKey = "token";

/** Name under which the edge runs as a service of the lab. */
const edgeService = "edge";

/**
 * Configuration of HAProxy acting as Cloudflare's edge: HTTP/2 for visitors, redirect to HTTPS, HSTS, visitor's address in
 * CF-Connecting-IP, verified TLS to the origin with the visitor's host as its name, and the proof that the origin asks for.
 * Not shown by it: HTTP/3, the WAF and rate limiting rules, caching, and Cloudflare's own error pages.
 */
export function edgeConfig(props: EdgeProps): string {
  const { proof, addresses, origin, originPort = ports.balancerHttps } = props;
  return renderTemplate(new URL("edge.cfg.hbs", import.meta.url), {
    addresses: [
      { family: "ipv4", bind: addresses.ipv4, origin: `${origin.ipv4}:${originPort}` },
      { family: "ipv6", bind: `[${addresses.ipv6}]`, origin: `[${origin.ipv6}]:${originPort}` },
    ],
    httpPort: props.httpPort ?? ports.http,
    httpsPort: props.httpsPort ?? ports.https,
    certificateBundle: props.certificateBundle,
    originCa: props.originCa,
    minimumTlsVersion: props.minimumTlsVersion,
    strictTransportSecurity: strictTransportSecurity(props.hsts),
    socket: props.socket ?? "",
    tokenKey,
    tokenFile: proof.kind === "header" ? proof.tokenFile : "",
    proofHeader: proof.kind === "header" ? proof.name : "",
    clientCertificate: proof.kind === "certificate" ? ` crt ${proof.bundle}` : "",
  });
}

/** Value of the header, with which the zone's setting also sends `nosniff`; empty when the setting is off. */
function strictTransportSecurity({ maxAgeSeconds, includeSubdomains, preload }: EdgeProps["hsts"]): string {
  if (maxAgeSeconds === 0) return "";
  const words = [`max-age=${maxAgeSeconds}`, includeSubdomains && "includeSubDomains", preload && "preload"];
  return words.filter(Boolean).join("; ");
}

/** What {@link startEdge} needs besides the environment's configuration. */
export interface StartEdgeProps extends Omit<EdgeProps, "addresses" | "certificateBundle" | "proof"> {
  /** What visitors see: valid for the site and the apex, of an authority they trust. */
  readonly certificate: KeyPair;
  /** How the origin knows that a request came through this edge; with the secret itself. */
  readonly proof:
    | { readonly kind: "header"; readonly name: string; readonly token: string }
    | { readonly kind: "certificate"; readonly certificate: KeyPair };
}

/** Starts the edge in the namespace of its host, unless it runs. Its files and log are with those of the lab's other services. */
export async function startEdge(layout: Layout, { certificate, proof, ...props }: StartEdgeProps): Promise<void> {
  const file = (name: string): string => path.join(layout.services, name);
  await mkdir(layout.services, { recursive: true, mode: 0o700 });
  const socket = file("edge.sock");
  const tokenFile = file("edge-token.map");
  if (proof.kind === "header") {
    await writeFile(tokenFile, `${tokenKey} ${proof.token}\n`, { mode: 0o600 });
    // One that runs goes on, and no connection breaks; one that does not reads the file when it starts.
    await askHaproxy(socket, `set map ${tokenFile} ${tokenKey} ${proof.token}`).catch(() => undefined);
  }
  const config = edgeConfig({
    ...props,
    socket,
    addresses: { ipv4: edge.publicIpv4, ipv6: edge.publicIpv6 },
    certificateBundle: await bundle(certificate, file("edge.pem")),
    proof:
      proof.kind === "header"
        ? { kind: "header", name: proof.name, tokenFile }
        : { kind: "certificate", bundle: await bundle(proof.certificate, file("edge-client.pem")) },
  });
  await writeFile(file("edge.cfg"), config, { mode: 0o600 });
  await startService(layout, {
    name: edgeService,
    host: edge.name,
    command: ["haproxy", "-db", "-f", file("edge.cfg")],
    configuration: config,
  });
}

/** Writes a certificate and its key into one file, as HAProxy takes them. */
async function bundle(pair: KeyPair, target: string): Promise<string> {
  await writeFile(target, (await readFile(pair.certificate, "utf8")) + (await readFile(pair.key, "utf8")), {
    mode: 0o600,
  });
  return target;
}
