import { type Allowed, retargetingOf } from "./allowed.js";

/** What every site at Cloudflare has. */
const records = ["www-a", "www-aaaa", "apex-a", "apex-aaaa"].map((name) => ["cloudflare_dns_record", name] as const);
const rules = ["firewall", "rate-limit"].map((name) => ["cloudflare_ruleset", name] as const);
const settings = ["ssl", "min-tls-version", "tls-1-3", "always-use-https", "http3", "security-header"].map(
  (name) => ["cloudflare_zone_setting", `setting-${name}`] as const,
);

/** What shows the origin that a request came through a site, by the TLS mode whose servers ask for it. */
const proofs = {
  terminate: [["cloudflare_ruleset", "edge-token"]],
  passthrough: [
    ["cloudflare_authenticated_origin_pulls_certificate", "origin-pull-certificate"],
    ["cloudflare_authenticated_origin_pulls_settings", "origin-pull-settings"],
  ],
} as const;

/** A balancer and the site before it as addresses call them, and its TLS mode. */
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

/** What listens on a balancer. */
export const serviceOf = (balancer: string): string => `hcloud_load_balancer_service.${balancer}_service-443`;

/** What a balancer that ends TLS shows. */
export const balancerCertificate = "hcloud_uploaded_certificate.certificate";

/** What of a site leads its visitors to another name. */
const redirectOf = ({ site }: PlannedBalancer): string => `cloudflare_ruleset.${site}_redirect[0]`;

const ofSite = (site: string, resources: readonly (readonly [type: string, name: string])[]): readonly string[] =>
  resources.map(([type, name]) => `${type}.${site}_${name}`);

/** What of TLS and of the proof of origin a balancer needs. */
const neededFor = ({ site, tls }: PlannedBalancer): readonly string[] => [
  ...(tls === "terminate" ? [balancerCertificate] : []),
  ...ofSite(site, proofs[tls]),
];

const all = (addresses: readonly string[], actions: readonly string[]): Allowed =>
  Object.fromEntries(addresses.map((address) => [address, actions]));

const indexed = (addresses: readonly string[]): readonly string[] => addresses.map((address) => `${address}[0]`);

/** What the addresses of both of the following begin with. */
export const changeoverNotes = "terraform_data.changeover_";

/** The two numbers that say how far a change of the balancer has come: the one that visitors are led to, and the one beside which there is no other. */
export const changeoverNumber = { used: "changeover_used", only: "changeover_only" } as const;

/** What each step of a change from one balancer to another may do in the stack of the edge. */
export interface ChangeoverSteps {
  /** Making the second balancer, and the site before it where that is another. */
  readonly open: Allowed;
  /** Letting neither of two names lead to the other. */
  readonly part: Allowed;
  /** Leading visitors to the new balancer. */
  readonly point: Allowed;
  /** What goes with the balancer before. */
  readonly close: Allowed;
  /** What else may change when it goes. */
  readonly closing: Allowed;
  /** Noting that it is gone. */
  readonly note: Allowed;
}

/** @param servers those that may be targets */
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
      // Taken back, the site is there already, and led away for good.
      ...all([...ofSite(now.site, records), redirectOf(now)], ["create", "update"]),
      // The certificate for both names takes the place of the one that the balancer before has.
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
