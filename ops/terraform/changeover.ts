import { type Allowed, retargetingOf } from "./allowed.js";

/** DNS records of every Cloudflare site. */
const records = ["www-a", "www-aaaa", "apex-a", "apex-aaaa"].map((name) => ["cloudflare_dns_record", name] as const);
const rules = ["firewall", "rate-limit"].map((name) => ["cloudflare_ruleset", name] as const);
const settings = ["ssl", "min-tls-version", "tls-1-3", "always-use-https", "http3", "security-header"].map(
  (name) => ["cloudflare_zone_setting", `setting-${name}`] as const,
);

/** Resources that prove to servers that a request came through Cloudflare. The keys are the TLS modes that require them. */
const proofs = {
  terminate: [["cloudflare_ruleset", "edge-token"]],
  passthrough: [
    ["cloudflare_authenticated_origin_pulls_certificate", "origin-pull-certificate"],
    ["cloudflare_authenticated_origin_pulls_settings", "origin-pull-settings"],
  ],
} as const;

/** A load balancer of a migration: its id and the id of its Cloudflare site in Terraform addresses, and its TLS mode. */
export interface PlannedBalancer {
  readonly id: string;
  readonly site: string;
  readonly tls: keyof typeof proofs;
}

const partsOf = ({ id }: PlannedBalancer): readonly string[] => [
  `hcloud_load_balancer.${id}`,
  `hcloud_load_balancer_network.${id}_network`,
  serviceOf(id),
];

/** Returns the address of a load balancer's HTTPS service. */
export const serviceOf = (balancer: string): string => `hcloud_load_balancer_service.${balancer}_service-443`;

/** Certificate of a load balancer that terminates TLS. */
export const balancerCertificate = "hcloud_uploaded_certificate.certificate";

/** Returns the address of the rules that redirect a site to another domain. */
const redirectOf = ({ site }: PlannedBalancer): string => `cloudflare_ruleset.${site}_redirect[0]`;

const ofSite = (site: string, resources: readonly (readonly [type: string, name: string])[]): readonly string[] =>
  resources.map(([type, name]) => `${type}.${site}_${name}`);

/** Returns the resources for TLS and for the proof of origin that a load balancer needs. */
const neededFor = ({ site, tls }: PlannedBalancer): readonly string[] => [
  ...(tls === "terminate" ? [balancerCertificate] : []),
  ...ofSite(site, proofs[tls]),
];

const all = (addresses: readonly string[], actions: readonly string[]): Allowed =>
  Object.fromEntries(addresses.map((address) => [address, actions]));

const indexed = (addresses: readonly string[]): readonly string[] => addresses.map((address) => `${address}[0]`);

/** Common prefix of the two addresses in {@link changeoverNumber}. */
export const changeoverNotes = "terraform_data.changeover_";

/**
 * Ids of the two numbers that store the progress of a migration: which load balancer visitors use, and which load balancer is the only
 * one.
 */
export const changeoverNumber = { used: "changeover_used", only: "changeover_only" } as const;

/** Allowed changes of the edge stack for each step of a migration. */
export interface ChangeoverSteps {
  /** Creates the second load balancer, and its Cloudflare site if the domain changes. */
  readonly open: Allowed;
  /** Removes redirects between the two domains. */
  readonly part: Allowed;
  /** Directs visitors to the new load balancer. */
  readonly point: Allowed;
  /** Removes the previous load balancer and its resources. */
  readonly close: Allowed;
  /** Changes other resources when the previous load balancer is removed. */
  readonly closing: Allowed;
  /** Records in the state that the previous load balancer is removed. */
  readonly note: Allowed;
}

/** Returns the allowed changes of each step. @param servers names of the servers that may be targets */
export function changeoverSteps(
  now: PlannedBalancer,
  before: PlannedBalancer,
  servers: readonly string[],
): ChangeoverSteps {
  const used = all([`terraform_data.${changeoverNumber.used}`], ["update"]);
  const only = all([`terraform_data.${changeoverNumber.only}`], ["update"]);
  const open = {
    ...all([...partsOf(now), ...neededFor(now)], ["create", "delete,create"]),
    ...all(
      Object.values(changeoverNumber).map((name) => `terraform_data.${name}`),
      ["create", "update"],
    ),
    ...Object.fromEntries(servers.flatMap((name) => Object.entries(retargetingOf(name, [now.id], before.id)))),
  };
  const targets = servers.map((name) => `hcloud_load_balancer_target.${before.id}_${name}`);
  const stays = neededFor(now);
  const close = all(
    indexed([...targets, ...partsOf(before), ...neededFor(before).filter((address) => !stays.includes(address))]),
    ["delete"],
  );
  if (now.site === before.site)
    return {
      open,
      part: {},
      point: { ...used, ...all(ofSite(now.site, records), ["update"]) },
      close,
      closing: {},
      note: only,
    };
  return {
    open: {
      ...open,
      ...all(ofSite(now.site, [...rules, ...settings]), ["create"]),
      // If a migration is reversed, the site already exists, with a permanent redirect.
      ...all([...ofSite(now.site, records), redirectOf(now)], ["create", "update"]),
      // A certificate for both domains replaces the certificate of the previous load balancer.
      ...all([balancerCertificate, ...indexed([balancerCertificate])], ["create", "create,delete"]),
      ...all(indexed([serviceOf(before.id)]), ["update"]),
    },
    part: { ...used, ...all([redirectOf(now)], ["delete"]) },
    point: { ...used, ...all([redirectOf(before)], ["create"]) },
    close,
    closing: all(ofSite(before.site, records), ["update"]),
    note: { ...only, ...all([redirectOf(before)], ["update"]) },
  };
}
