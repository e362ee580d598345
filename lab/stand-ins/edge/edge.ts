import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import type { Config } from "../../../modules/config/schema.js";
import { ports } from "../../../modules/platform/ports.js";
import { renderTemplate } from "../../../modules/machine/part/templates.js";
import type { KeyPair } from "../../keys/certificates.js";
import { askHaproxy } from "../../balancer/ask.js";
import { poolOf } from "../../balancer/direction.js";
import type { Layout } from "../../layout.js";
import { edge } from "../../network/addresses.js";
import { startService } from "../../system/service.js";

/** An IPv4 and an IPv6 address. */
export interface DualStackAddress {
  readonly ipv4: string;
  readonly ipv6: string;
}

/** A header that proves to the origin that a request came through the edge; see {@link EdgeProps.header}. */
export interface ProofHeader {
  readonly name: string;
  /** File with the secret, a HAProxy map with one line. The running process may already have a newer secret. */
  readonly tokenFile: string;
}

/** A balancer that the zones' records can point to. */
export interface EdgeOrigin extends DualStackAddress {
  readonly name: string;
}

/**
 * Target of each host name: the name of an origin if the zone's records point to it, or a redirect such as "308|https://www.foobar.net"
 * if a rule of the zone redirects visitors to the same path on another host.
 */
export type Leads = Readonly<Record<string, string>>;

/** Target of host names without records. */
export const noLead = "none";

/** Settings of the edge. */
export interface EdgeProps {
  /** Addresses for visitors. */
  readonly addresses: DualStackAddress;
  /** Balancers that the zones' A and AAAA records can point to. */
  readonly origins: readonly EdgeOrigin[];
  /** Second active balancer: zones can have A records for it alone, or for one of the origins and it. @default - none */
  readonly second?: EdgeOrigin;
  /** File with the {@link Leads}, a HAProxy map. The running process may already have newer targets. */
  readonly leadsFile: string;
  /** PEM file with the certificate for visitors and its key. */
  readonly certificateBundle: string;
  /** Only accepted issuer of the origin's certificate (`ssl: strict`). The certificate must contain the visitor's host name. */
  readonly originCa: string;
  /** Header that servers with `tls: "terminate"` require. @default - no header */
  readonly header?: ProofHeader;
  /** PEM file with the client certificate and its key, which servers with `tls: "passthrough"` require (origin pulls). @default - none */
  readonly clientBundle?: string;
  /** Oldest accepted TLS version of visitors. */
  readonly minimumTlsVersion: Config["cloudflare"]["minimumTlsVersion"];
  /** The zone's setting for Strict-Transport-Security. */
  readonly hsts: Config["cloudflare"]["hsts"];
  /** Port of the redirect to HTTPS. @default 80 */
  readonly httpPort?: number;
  /** Port of the site. @default 443 */
  readonly httpsPort?: number;
  /** Port of the origin. @default the balancer's */
  readonly originPort?: number;
  /** Socket for changes to the running process. @default - none */
  readonly socket?: string;
}

/** Key of the secret in its file. */
export const tokenKey = "token";

/** Service name of the edge in the lab. */
const edgeService = "edge";

/**
 * Configuration of a HAProxy that emulates Cloudflare's edge: HTTP/2 for visitors, redirect to HTTPS, HSTS, the visitor's address in
 * CF-Connecting-IP, verified TLS to the origin for the visitor's host name, and the proof that the origin requires.
 * It does not emulate HTTP/3, WAF and rate limiting rules, caching, or Cloudflare's error pages.
 */
export function edgeConfig(props: EdgeProps): string {
  const { header, addresses, second, originPort = ports.balancerHttps } = props;
  const origins = [...props.origins, ...(second ? [second] : [])];
  const servers = (address: (origin: EdgeOrigin) => string, of = origins) =>
    of.map((origin) => ({ name: origin.name, address: `${address(origin)}:${originPort}` }));
  const pool = (origin: EdgeOrigin, retry: boolean) => ({
    name: poolOf(origin.name, retry),
    retry,
    servers: servers(({ ipv4 }) => ipv4, second && [origin, second]),
  });
  return renderTemplate(new URL("edge.cfg.hbs", import.meta.url), {
    addresses: [
      { family: "ipv4", bind: addresses.ipv4, origins: servers(({ ipv4 }) => ipv4) },
      { family: "ipv6", bind: `[${addresses.ipv6}]`, origins: servers(({ ipv6 }) => `[${ipv6}]`) },
    ],
    httpPort: props.httpPort ?? ports.http,
    httpsPort: props.httpsPort ?? ports.https,
    certificateBundle: props.certificateBundle,
    pools: second ? props.origins.flatMap((origin) => [pool(origin, true), pool(origin, false)]) : [],
    serverOptions: serverOptions(props),
    minimumTlsVersion: props.minimumTlsVersion,
    strictTransportSecurity: strictTransportSecurity(props.hsts),
    socket: props.socket ?? "",
    leadsFile: props.leadsFile,
    tokenKey,
    tokenFile: header?.tokenFile ?? "",
    proofHeader: header?.name ?? "",
  });
}

/** Options of every origin. Cloudflare ends a pooled connection after 90 s without an acknowledgement (522). */
function serverOptions({ originCa, clientBundle }: Pick<EdgeProps, "originCa" | "clientBundle">): string {
  const tls = `ssl verify required ca-file ${originCa} sni req.hdr(host),field(1,:) alpn h2,http/1.1`;
  return `tcp-ut 90s ${tls}${clientBundle === undefined ? "" : ` crt ${clientBundle}`}`;
}

/** Value of the header; empty if the setting is off. The zone's setting also sends `nosniff`. */
function strictTransportSecurity({ maxAgeSeconds, includeSubdomains, preload }: EdgeProps["hsts"]): string {
  if (maxAgeSeconds === 0) return "";
  const words = [`max-age=${maxAgeSeconds}`, includeSubdomains && "includeSubDomains", preload && "preload"];
  return words.filter(Boolean).join("; ");
}

/** Properties of {@link startEdge}. */
export interface StartEdgeProps extends Omit<
  EdgeProps,
  "addresses" | "certificateBundle" | "leadsFile" | "header" | "clientBundle"
> {
  /** Certificate for visitors. It is valid for all names and issued by an authority that visitors trust. */
  readonly certificate: KeyPair;
  /** Target of each host name. The set of names cannot change while the edge runs. */
  readonly leads: Leads;
  /** Name and value of the secret header. */
  readonly header: { readonly name: string; readonly token: string };
  /** Client certificate for origins that request one. */
  readonly clientCertificate: KeyPair;
}

/**
 * Starts the edge in the namespace of its host, or updates the secret and the targets in the running edge without closing connections.
 * It always sends the proofs for both TLS modes, although Cloudflare sends both only while the mode changes. Servers ignore a proof that
 * they do not require.
 */
export async function startEdge(
  layout: Layout,
  { certificate, leads, header, clientCertificate, ...props }: StartEdgeProps,
): Promise<void> {
  const file = (name: string): string => path.join(layout.services, name);
  await mkdir(layout.services, { recursive: true, mode: 0o700 });
  const socket = file("edge.sock");
  const tokenFile = file("edge-token.map");
  await writeFile(tokenFile, `${tokenKey} ${header.token}\n`, { mode: 0o600 });
  const leadsFile = file("edge-leads.map");
  const named = Object.entries(leads);
  await writeFile(leadsFile, named.map(([host, lead]) => `${host} ${lead}\n`).join(""));
  // If the edge is not running, it reads the files when it starts.
  const tell = (command: string): Promise<unknown> => askHaproxy(socket, command).catch(() => undefined);
  await tell(`set map ${tokenFile} ${tokenKey} ${header.token}`);
  for (const [host, lead] of named) await tell(`set map ${leadsFile} ${host} ${lead}`);
  const settings: EdgeProps = {
    ...props,
    socket,
    addresses: { ipv4: edge.publicIpv4, ipv6: edge.publicIpv6 },
    certificateBundle: await bundle(certificate, file("edge.pem")),
    leadsFile,
    header: { name: header.name, tokenFile },
    clientBundle: await bundle(clientCertificate, file("edge-client.pem")),
  };
  await writeFile(file("edge.cfg"), edgeConfig(settings), { mode: 0o600 });
  await startService(layout, {
    name: edgeService,
    host: edge.name,
    command: ["haproxy", "-db", "-f", file("edge.cfg")],
    configuration: `${edgeConfig(settings)}\n${named.map(([host]) => host).join(" ")}`,
  });
}

/** Writes a certificate and its key to one file for HAProxy. */
async function bundle(pair: KeyPair, target: string): Promise<string> {
  await writeFile(target, (await readFile(pair.certificate, "utf8")) + (await readFile(pair.key, "utf8")), {
    mode: 0o600,
  });
  return target;
}
