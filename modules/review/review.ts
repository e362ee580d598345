import { formerOf } from "../derived/agreement.js";
import { objectDays } from "../derived/archive.js";
import { effectOf, isSpread, lossOf } from "../derived/loss.js";
import type { Config } from "../config/schema.js";
import { siteHosts } from "../platform/names.js";
import { monthlyCost, type Cost } from "./cost.js";
import type { Party, TrafficRule } from "../derived/traffic/rules.js";
import { activeRules } from "../derived/traffic/resolve.js";
import { protectedThings } from "./protection.js";
import { lossTable } from "./losses.js";
import type { PayloadFacts, ReviewFacts, ReviewSection } from "./facts.js";
import type { PolicyResult } from "./policies/index.js";
import { warningsOf, type Warning } from "./warnings.js";

/** Row of the review's server table. */
export interface ServerRow {
  readonly name: string;
  readonly type: string;
  readonly location: string;
  readonly roles: readonly string[];
  readonly privateIp: string;
  readonly payload: PayloadFacts | undefined;
}

/** Row of the review's traffic table, which describes one traffic rule. */
export interface TrafficRow {
  readonly from: Party;
  readonly to: Party;
  readonly network: TrafficRule["network"];
  /** Protocol and ports, for example "tcp 80, 443" or "icmp". */
  readonly ports: string;
  /** System users that may open the connection. The list is empty for connections from other machines. */
  readonly users: readonly string[];
  readonly why: string;
}

/** All data of the review before a deploy. */
export interface Review {
  readonly environment: string;
  readonly site: string;
  readonly servers: readonly ServerRow[];
  readonly traffic: readonly TrafficRow[];
  /** Lines of the summary with label and text, for example TLS, protection and the location of the state. */
  readonly summary: readonly (readonly [label: string, text: string])[];
  readonly policies: readonly PolicyResult[];
  readonly sections: readonly ReviewSection[];
  readonly cost: Cost;
  readonly warnings: readonly Warning[];
}

const tlsText = {
  terminate: "terminated by the load balancer",
  passthrough: "terminated by nginx, which gets the PROXY protocol from the load balancer",
};

const proofText = {
  terminate: "a secret header that only Cloudflare adds",
  passthrough: "Cloudflare's client certificate",
};

/** Returns a description of the archive: content, interval, retention, and the keys that can read it. */
function archiveText({ backup, restore }: Config): string {
  if (!backup) return "none: data that all members lose cannot be restored";
  const from = restore ? `; restored from timeline ${restore.timeline} as of ${restore.at}` : "";
  const readers = `${backup.recipients.length} age keys (${backup.recipients.map((key) => `…${key.slice(-6)}`).join(", ")}) can read it`;
  return `encrypted, to ${backup.bucket} at ${backup.endpoint}: changes every 3 s, a base backup every ${backup.baseHours} h; any time of the last ${backup.retentionDays} days can be restored; objects locked (${backup.lock}) for ${objectDays(backup)}; ${readers}${from}`;
}

/** Returns a summary line with the location of a private release and the secret that servers need to download it. */
function releaseText({ application: { storage } }: Config): Review["summary"] {
  if (storage === undefined) return [];
  const bucket = `private, in ${storage.bucket} at ${storage.endpoint}`;
  return [["Release", `${bucket}; every server has the key TF_VAR_release_key (npm run ops rotate release-key)`]];
}

/**
 * Returns summary lines with the previous load balancer during a migration, and the redirect from a previous domain.
 */
function changesOver(config: Config): Review["summary"] {
  const former = formerOf(config);
  if (former === undefined) return [];
  const from = `from the load balancer at ${former.network.balancerIp}, TLS ${tlsText[former.tls]} (${former.tls})`;
  const names = `; ${siteHosts(former).join(" and ")} then redirect to ${siteHosts(config)[0]}`;
  return [["Migration", former.domain === config.domain ? from : from + names]];
}

/**
 * Returns a summary line with the consequences of losing the only location. For several locations, the review contains
 * a table instead.
 */
const onlyLocation = (config: Config): Review["summary"] =>
  isSpread(config)
    ? []
    : [["Location", `${config.location}; if it is lost, ${effectOf(lossOf(config, config.location))}`]];

function summaryOf(config: Config): Review["summary"] {
  const { certificate, cloudflare, backend, administrators } = config;
  return [
    [
      "TLS",
      `${tlsText[config.tls]} (${config.tls}); visitors from TLS ${cloudflare.minimumTlsVersion}, Cloudflare to origin strict`,
    ],
    ...changesOver(config),
    ["Origin proof", proofText[config.tls]],
    ["Certificate", `Cloudflare Origin CA, ${certificate.validityDays} days, generation ${certificate.generation}`],
    ["Protected", protectedThings(config).join(", ") || "nothing"],
    ["Backups", config.backups ? "daily by Hetzner, of the servers' disks without data volumes" : "none by Hetzner"],
    ["Archive", archiveText(config)],
    ...releaseText(config),
    ...onlyLocation(config),
    ["SSH", administrators.cidrs.length > 0 ? `from ${administrators.cidrs.join(", ")}` : "closed"],
    [
      "State",
      backend.type === "local" ? "a local file" : `s3 bucket ${backend.bucket} at ${backend.endpoint}, with locking`,
    ],
  ];
}

/** Returns a traffic rule as texts for the review and the documentation. */
export const trafficRow = ({ from, to, network, protocol, ports, users = [], why }: TrafficRule): TrafficRow => ({
  from,
  to,
  network,
  ports: [protocol, ports.join(", ")].join(" ").trim(),
  users,
  why,
});

/** Collects the review of an environment. */
export function review(config: Config, facts: ReviewFacts): Review {
  return {
    environment: config.environment,
    site: `https://www.${config.domain}`,
    servers: config.servers.map(({ name, type, location, roles, privateIp }) => ({
      name,
      type,
      location,
      roles,
      privateIp,
      payload: facts.payloads.find((payload) => payload.server === name),
    })),
    traffic: activeRules(config).map(trafficRow),
    summary: summaryOf(config),
    policies: facts.policies,
    sections: [...lossTable(config), ...(facts.sections ?? [])],
    cost: monthlyCost(config),
    warnings: warningsOf(config, facts),
  };
}
