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

/** Header that proves to the origin that a request came through the edge; see {@link EdgeProps.header}. */
export interface ProofHeader {
  readonly name: string;
  /** Path of a HAProxy map file with the secret in its only line. A running edge may already have a newer secret than the file. */
  readonly tokenFile: string;
}

/** A load balancer to which the zones' records can point. */
export interface EdgeOrigin extends DualStackAddress {
  readonly name: string;
}

/**
 * Target of each host name. If the zone's records point to an origin, the target is the name of the origin. If a rule of the zone redirects
 * visitors to the same path on another host, the target is a redirect such as "308|https://www.foobar.net".
 */
export type Leads = Readonly<Record<string, string>>;

/** Target of a host name without records. */
export const noLead = "none";

/** Settings of the edge. */
export interface EdgeProps {
  /** Addresses to which visitors connect. */
  readonly addresses: DualStackAddress;
  /** Load balancers to which the zones' A and AAAA records can point. */
  readonly origins: readonly EdgeOrigin[];
  /**
   * Second active load balancer. The zones' A records can point to this balancer alone, or to this balancer and an origin. @default - none
   */
  readonly second?: EdgeOrigin;
  /** Path of a HAProxy map file with the {@link Leads}. A running edge may already have newer targets than the file. */
  readonly leadsFile: string;
  /** Path of the PEM file with the certificate for visitors and the certificate's key. */
  readonly certificateBundle: string;
  /**
   * Path of the only accepted issuer of the origin's certificate (`ssl: strict`). The origin's certificate must contain the visitor's host
   * name.
   */
  readonly originCa: string;
  /** Secret header that servers with `tls: "terminate"` require. @default - no header */
  readonly header?: ProofHeader;
  /**
   * Path of the PEM file with the client certificate for origin pulls and the certificate's key. Servers with `tls: "passthrough"` require
   * this certificate. @default
   * - none
   */
  readonly clientBundle?: string;
  /** Oldest TLS version that the edge accepts from visitors. */
  readonly minimumTlsVersion: Config["cloudflare"]["minimumTlsVersion"];
  /** Setting of the zone for the header Strict-Transport-Security. */
  readonly hsts: Config["cloudflare"]["hsts"];
  /** Port on which the edge redirects to HTTPS. @default 80 */
  readonly httpPort?: number;
  /** Port on which the edge serves the site. @default 443 */
  readonly httpsPort?: number;
  /** Port of the origin. @default - the load balancer's port */
  readonly originPort?: number;
  /** Path of the HAProxy socket that accepts changes to the running process. @default - none */
  readonly socket?: string;
}

/** Key of the secret in the map file. */
export const tokenKey = "token";

/** Name of the edge's service in the lab. */
const edgeService = "edge";

/**
 * Returns the configuration of a HAProxy that emulates Cloudflare's edge. For visitors, HAProxy provides HTTP/2, a redirect to HTTPS, and
 * HSTS. To the origin, HAProxy uses TLS with a verified certificate, and sends the visitor's address in CF-Connecting-IP and the required
 * proof.
 * HAProxy does not emulate HTTP/3, WAF and rate limiting rules, caching, or Cloudflare's error pages.
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

/** Returns HAProxy's server options for every origin. Cloudflare ends a pooled connection after 90 s without an acknowledgement (522). */
function serverOptions({ originCa, clientBundle }: Pick<EdgeProps, "originCa" | "clientBundle">): string {
  const tls = `ssl verify required ca-file ${originCa} sni req.hdr(host),field(1,:) alpn h2,http/1.1`;
  return `tcp-ut 90s ${tls}${clientBundle === undefined ? "" : ` crt ${clientBundle}`}`;
}

/** Returns the value of the header Strict-Transport-Security; empty if the setting is off. */
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
  /** Certificate for visitors. The certificate is valid for all host names, and visitors trust the issuer. */
  readonly certificate: KeyPair;
  /** Target of each host name. A change of the set of host names restarts the edge. */
  readonly leads: Leads;
  /** Name and value of the secret header. */
  readonly header: { readonly name: string; readonly token: string };
  /** Client certificate for origins that request a client certificate. */
  readonly clientCertificate: KeyPair;
}

/**
 * Starts the edge in the edge's namespace. If the edge is running, updates the secret and the targets without closing connections.
 * The lab's edge always sends the proofs for both TLS modes. Cloudflare sends both proofs only while the mode changes. Servers ignore a
 * proof that they do not require.
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
  // An error is ignored, because an edge that is not running reads the files at the next start.
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

/** Writes a certificate and the certificate's key to one file for HAProxy. */
async function bundle(pair: KeyPair, target: string): Promise<string> {
  await writeFile(target, (await readFile(pair.certificate, "utf8")) + (await readFile(pair.key, "utf8")), {
    mode: 0o600,
  });
  return target;
}
