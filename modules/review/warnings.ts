import { serversWithRole, type Config } from "../config/schema.js";
import { effectOf, isSpread, lossesOf, stopsSite } from "../derived/loss.js";
import { endsOf } from "../derived/ends.js";
import { noticeDays } from "../platform/dates.js";
import { maximumBytes, warningBytes } from "../machine/compose/size.js";
import { siteHosts } from "../platform/names.js";
import { inStockInstead, priceList, serverTypes } from "../platform/hetzner-offers.js";
import type { ReviewFacts } from "./facts.js";
import { kib } from "./size.js";

/** A warning for the operator before a deploy, and the setting that resolves it. */
export interface Warning {
  readonly setting: string;
  readonly text: string;
}

/** SHA-256 in the example environment. No file has this digest. */
const placeholderDigest = "0".repeat(64);

type Check = (config: Config, facts: ReviewFacts) => readonly Warning[];

const when = (holds: boolean, setting: string, text: string): readonly Warning[] => (holds ? [{ setting, text }] : []);

const placeholder: Check = ({ application }) =>
  when(
    application.sha256 === placeholderDigest,
    "application.sha256",
    "is the example's, so servers will reject the download; set the digest of your release from `npm run app:build`",
  );

/** Matches query parameters of signed URLs. */
const signature = /[?&](X-Amz-Signature|X-Goog-Signature|Signature|sig|se|Expires)=/i;

const signedAddress: Check = ({ application: { url } }) =>
  when(
    signature.test(url),
    "application.url",
    "is signed and will expire; afterwards new servers cannot download the release: use an address without a signature",
  );

const protection: Check = ({ protect }) =>
  when(!protect, "protect", "is false: one `destroy` or one wrong plan can delete servers and data");

const access: Check = ({ administrators: { cidrs, sshKeys } }) => [
  ...when(
    cidrs.length === 0,
    "administrators.cidrs",
    "is empty, so nobody can log in: SSH is closed, and root has no password. Servers get networks and keys only when they are created or replaced",
  ),
  ...when(
    cidrs.length === 0 && Object.keys(sshKeys).length > 0,
    "administrators.sshKeys",
    "are installed but useless while administrators.cidrs is empty",
  ),
];

/**
 * Warns if the site's host names are not covered by Cloudflare's Universal SSL. Universal SSL covers the zone's own name and one level
 * below it.
 */
const edgeCertificate: Check = (config) => {
  const zone = config.cloudflare.zoneName ?? config.domain;
  const deep = siteHosts(config).filter((host) => host.split(".").length > zone.split(".").length + 1);
  return when(
    deep.length > 0,
    "cloudflare.zoneName",
    `is ${zone}, whose certificate at Cloudflare does not cover ${deep.join(" and ")}: order a certificate with Advanced Certificate Manager, or create a separate zone for ${config.domain}`,
  );
};

const state: Check = ({ backend }) =>
  when(
    backend.type === "local",
    "backend",
    "is local: the state, with every secret, is a file on this machine without locking; use an s3 backend",
  );

const monitoring: Check = ({ monitoring: { enabled, receivers } }, { hasDatadogApiKey }) => [
  ...when(!enabled, "monitoring.enabled", "is false: failures of the site, a server or the database cause no alert"),
  ...when(
    enabled && hasDatadogApiKey === false,
    "TF_VAR_datadog_api_key",
    "is not set: the agents stay off, so no server is monitored",
  ),
  ...when(
    enabled && receivers.urgent.length === 0,
    "monitoring.receivers.urgent",
    "is empty: urgent alerts are sent only to monitoring.receivers.notUrgent",
  ),
];

/**
 * Warns about downtimes that are over. A past downtime is only a warning, because a configuration must not become
 * invalid over time.
 */
const downtimesOver: Check = ({ monitoring: { enabled, downtimes } }, { today }) =>
  Object.entries(downtimes).flatMap(([name, { end }]) =>
    when(
      enabled && Date.parse(end) < today.getTime(),
      `monitoring.downtimes.${name}`,
      `ended at ${end} and mutes no alerts: change the times, or remove the entry`,
    ),
  );

const balancerBefore: Check = ({ loadBalancer: { formerly } }) =>
  when(
    formerly !== undefined,
    "loadBalancer.formerly",
    "is set: diagram and cost include the previous load balancer. When `npm run ops rollout` has finished, remove the setting; this also removes the redirect from a previous domain",
  );

const backups: Check = ({ backups: enabled }) =>
  when(!enabled, "backups", "is false: Hetzner keeps no copy of the servers' disks");

const archive: Check = ({ backup, restore }) => [
  ...when(
    backup === undefined,
    "backup",
    "is not set: data lost by a wrong DELETE or with the whole project cannot be restored; see docs/backup.md",
  ),
  ...when(
    restore !== undefined,
    "restore",
    "is set: the first member gets the archive's private key; when the site is up, remove the setting and replace that server",
  ),
];

/** Size in GB that Debian, packages, releases and logs use on a system disk. */
const systemGb = 10;

/**
 * Warns if a system disk may be too small for a base backup. Running servers report the actual size of their data with
 * the notice `backup-room`.
 */
const baseBackupRoom: Check = (config) => {
  const { volumeSizeGb } = config.database;
  const types = new Set(serversWithRole(config, "database").map(({ type }) => type));
  return [...types].flatMap((type) => {
    const free = (serverTypes[type]?.diskGb ?? Infinity) - systemGb;
    return when(
      config.backup !== undefined && volumeSizeGb > free,
      "database.volumeSizeGb",
      `is ${volumeSizeGb}, but a base backup needs the data's size and 2 GiB on the system disk; ${type} has about ${free} GB. Before the data grow above that: set a serverType with a larger disk, then npm run ops rollout`,
    );
  });
};

const stock: Check = ({ servers, location }) =>
  [...new Set(servers.map((server) => server.type))].flatMap((type) => {
    const instead = inStockInstead(type, location);
    const advice = instead ? `; if Hetzner rejects it, use ${instead}, which is at least as large` : "";
    return when(
      serverTypes[type]?.soldOut === true,
      "serverType",
      `${type} was sold out everywhere on ${priceList.date}${advice}`,
    );
  });

/**
 * Warns about the consequences of losing a location if there are several locations. For a single location, the summary
 * shows the consequences instead.
 */
const locations: Check = (config) =>
  (isSpread(config) ? lossesOf(config) : []).flatMap((loss) => [
    ...when(
      stopsSite(loss),
      "servers",
      `if ${loss.location} is lost, ${effectOf(loss)}; place members in three locations, and web servers and load balancers in two`,
    ),
    ...when(
      loss.hasState && loss.balancersLost > 0,
      "backend",
      `has its bucket in ${loss.location}, where a load balancer is: if ${loss.location} is lost, only \`npm run ops balancers\` works; use a bucket in another location`,
    ),
  ]);

const payloadSize: Check = (_config, { payloads }) => {
  const large = payloads.filter(({ bytes }) => bytes > warningBytes);
  const most = Math.max(...large.map(({ bytes }) => bytes));
  return when(
    large.length > 0,
    `payload of ${large.map(({ server }) => server).join(", ")}`,
    `has up to ${kib(most)}, more than ${kib(warningBytes)}; Hetzner's limit is ${kib(maximumBytes)}`,
  );
};

const dayMs = 86_400_000;

/** Warns about all expiry dates within {@link noticeDays}. Servers show the same dates in a notice. */
const endsSoon: Check = (config, { today }) =>
  endsOf(config).flatMap(({ what, ends, source, remedy }) => {
    const daysLeft = Math.floor((Date.parse(`${ends}T23:59:59Z`) - today.getTime()) / dayMs);
    const said = daysLeft < 0 ? `ended on ${ends}` : `ends on ${ends}`;
    return daysLeft < noticeDays ? [{ setting: what, text: `${said} (${source}); ${remedy}` }] : [];
  });

const checks: readonly Check[] = [
  placeholder,
  signedAddress,
  edgeCertificate,
  protection,
  state,
  access,
  monitoring,
  downtimesOver,
  balancerBefore,
  locations,
  backups,
  archive,
  baseBackupRoom,
  stock,
  endsSoon,
  payloadSize,
];

/** Returns the warnings of a configuration, starting with the most severe warning. */
export const warningsOf: (config: Config, facts: ReviewFacts) => readonly Warning[] = (config, facts) =>
  checks.flatMap((check) => check(config, facts));
