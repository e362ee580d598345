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

/** A header by which the edge shows the origin that a request came through it; see {@link EdgeProps.header}. */
export interface ProofHeader {
  readonly name: string;
  /** File that holds the secret, a HAProxy map of one line; the process may have been told another since. */
  readonly tokenFile: string;
}

/** A balancer that the zones' records can point at. */
export interface EdgeOrigin extends DualStackAddress {
  readonly name: string;
}

/**
 * What becomes of the visitors of each name: the name of an origin, for those that the zone's records lead there, or "308|https://www.foobar.net",
 * for those that a rule of the zone leads to the same path under another name.
 */
export type Leads = Readonly<Record<string, string>>;

/** What becomes of those whose zone has no records. */
export const noLead = "none";

/** What the settings of the zones make the edge do. */
export interface EdgeProps {
  /** Where visitors reach the site. */
  readonly addresses: DualStackAddress;
  /** Where the zones' A and AAAA records can point: the balancers. */
  readonly origins: readonly EdgeOrigin[];
  /** File that holds the {@link Leads}, a HAProxy map; the process may have been told others since. */
  readonly leadsFile: string;
  /** Certificate and key that visitors see, as one PEM file. */
  readonly certificateBundle: string;
  /** The only authority that the origin's certificate is accepted from (`ssl: strict`). The certificate must name the visitor's host. */
  readonly originCa: string;
  /** What servers with `tls: "terminate"` ask for. @default - no header */
  readonly header?: ProofHeader;
  /** What servers with `tls: "passthrough"` ask for, by authenticated origin pulls: a client certificate with its key, as one PEM file. @default - none */
  readonly clientBundle?: string;
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
  const { header, addresses, origins, originPort = ports.balancerHttps } = props;
  const servers = (address: (origin: EdgeOrigin) => string) =>
    origins.map((origin) => ({ name: origin.name, address: `${address(origin)}:${originPort}` }));
  return renderTemplate(new URL("edge.cfg.hbs", import.meta.url), {
    addresses: [
      { family: "ipv4", bind: addresses.ipv4, origins: servers(({ ipv4 }) => ipv4) },
      { family: "ipv6", bind: `[${addresses.ipv6}]`, origins: servers(({ ipv6 }) => `[${ipv6}]`) },
    ],
    httpPort: props.httpPort ?? ports.http,
    httpsPort: props.httpsPort ?? ports.https,
    certificateBundle: props.certificateBundle,
    originCa: props.originCa,
    minimumTlsVersion: props.minimumTlsVersion,
    strictTransportSecurity: strictTransportSecurity(props.hsts),
    socket: props.socket ?? "",
    leadsFile: props.leadsFile,
    tokenKey,
    tokenFile: header?.tokenFile ?? "",
    proofHeader: header?.name ?? "",
    clientCertificate: props.clientBundle === undefined ? "" : ` crt ${props.clientBundle}`,
  });
}

/** Value of the header, with which the zone's setting also sends `nosniff`; empty when the setting is off. */
function strictTransportSecurity({ maxAgeSeconds, includeSubdomains, preload }: EdgeProps["hsts"]): string {
  if (maxAgeSeconds === 0) return "";
  const words = [`max-age=${maxAgeSeconds}`, includeSubdomains && "includeSubDomains", preload && "preload"];
  return words.filter(Boolean).join("; ");
}

/** What {@link startEdge} needs besides the environment's configuration. */
export interface StartEdgeProps extends Omit<
  EdgeProps,
  "addresses" | "certificateBundle" | "leadsFile" | "header" | "clientBundle"
> {
  /** What visitors see: valid for all names, of an authority they trust. */
  readonly certificate: KeyPair;
  /** What becomes of the visitors of each name. The names do not change while it runs. */
  readonly leads: Leads;
  /** Name of the header with the secret, and the secret itself. */
  readonly header: { readonly name: string; readonly token: string };
  /** Certificate that the edge shows whoever asks for one. */
  readonly clientCertificate: KeyPair;
}

/**
 * Starts the edge in the namespace of its host, or tells the one that runs what has changed: the secret, and where visitors are led. Then no
 * connection breaks. It always shows what servers of either TLS mode ask for; Cloudflare only while the mode changes, but no server looks at
 * what it does not ask for. Its files and log are with those of the lab's other services.
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
  // One that does not run reads files when it starts.
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

/** Writes a certificate and its key into one file, as HAProxy takes them. */
async function bundle(pair: KeyPair, target: string): Promise<string> {
  await writeFile(target, (await readFile(pair.certificate, "utf8")) + (await readFile(pair.key, "utf8")), {
    mode: 0o600,
  });
  return target;
}
