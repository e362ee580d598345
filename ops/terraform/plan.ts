import { neededSecret } from "../../modules/platform/names.js";

/** A change of a resource that Terraform plans or has found, as `terraform show -json` writes it. */
export interface ResourceChange {
  readonly address: string;
  /** `managed` or `data`. @default - absent */
  readonly mode?: string;
  /** Why it is replaced or deleted, in Terraform's words. @default - absent: Terraform sees no need to say */
  readonly action_reason?: string;
  readonly change: {
    readonly actions: readonly string[];
    /** Attributes now. @default - absent: it does not exist */
    readonly before?: unknown;
    /** Attributes afterwards, as far as they are known. @default - absent: it is destroyed */
    readonly after?: unknown;
    /** Attributes that only the apply will tell. @default - absent: none */
    readonly after_unknown?: unknown;
  };
}

/** A `check` block and its outcome. */
export interface Check {
  readonly address: {
    /** Address for people to read. @default - absent */
    readonly to_display?: string;
  };
  readonly status: string;
  /** Why it fails. @default - absent */
  readonly instances?: readonly { readonly problems?: readonly { readonly message: string }[] }[];
}

/** A plan, as far as it is read here. */
export interface Plan {
  /** What would be done. @default - absent: nothing */
  readonly resource_changes?: readonly ResourceChange[];
  /** What is not as it was left. @default - absent: nothing */
  readonly resource_drift?: readonly ResourceChange[];
  /** @default - absent: there are no check blocks */
  readonly checks?: readonly Check[];
  /** What would change of the outputs, by name. @default - absent: nothing */
  readonly output_changes?: Readonly<Record<string, { readonly actions: readonly string[] }>>;
}

const doesNothing = ({ change: { actions } }: ResourceChange): boolean =>
  actions.every((action) => action === "no-op" || action === "read");

/** What a plan would do, one line each: "replaces hcloud_server.alpha". */
export const actionsOf = (plan: Plan): readonly string[] =>
  (plan.resource_changes ?? []).filter((change) => !doesNothing(change)).map(described);

/** Whether a plan changes what other stacks, and commands, read. */
export const changesOutputs = ({ output_changes: outputs = {} }: Plan): boolean =>
  Object.values(outputs).some(({ actions }) => actions.some((action) => action !== "no-op"));

const described = ({ address, change: { actions } }: ResourceChange): string =>
  `${actions.length === 2 ? "replaces" : `${actions[0]}s`} ${address}`;

/**
 * Whether a plan replaces a resource, and what hangs on it, for no other reason than that it was told to: the state has all of it, and has it
 * as made to its end. What it would create may be there all the same, as a disk that is attached already, and would then be refused. Pure.
 */
export const isWholeIn = (plan: Plan, address: string): boolean =>
  (plan.resource_changes ?? []).some(
    (change) => change.address === address && change.action_reason === "replace_by_request",
  ) && !actionsOf(plan).some((action) => action.startsWith("creates "));

/**
 * What a plan would destroy, alone or to build it anew: as {@link actionsOf} says it. Pure. Notes of a change of the balancer that the
 * configuration no longer names destroy nothing.
 */
export const destructionOf = (plan: Plan): readonly string[] =>
  (plan.resource_changes ?? [])
    .filter(({ address, change: { actions } }) => actions.includes("delete") && !address.startsWith(changeoverNotes))
    .map(described);

/** Addresses that a plan may touch, and the actions it may take there, as Terraform writes them: "delete,create". */
export type Allowed = Readonly<Record<string, readonly string[]>>;

/** What a plan would do beyond what is allowed; empty when it may be applied. Pure. */
export const excessOf = (plan: Plan, allowed: Allowed): readonly string[] =>
  (plan.resource_changes ?? [])
    .filter((change) => !doesNothing(change))
    .filter(({ address, change: { actions } }) => !allowed[address]?.includes(actions.join(",")))
    .map(described);

const made = ["create", "delete,create", "create,delete"];

/** What the replacement of one server may do in the stack of the servers. An update is what an interrupted run had not come to. */
export const replacementOf = (name: string): Allowed => ({
  [`hcloud_server.${name}`]: [...made, "update"],
  [`hcloud_volume_attachment.${name}_data`]: [...made, "update"],
});

/** What an interrupted replacement may have left undone beside a server that it has made. */
export const completionOf = (name: string): Allowed => ({
  [`hcloud_server.${name}`]: ["update"],
  [`hcloud_volume_attachment.${name}_data`]: [...made, "update"],
});

/**
 * What puts a replaced server on its balancer again may do in the stack of the edge.
 * @param balancer as addresses call it
 * @param before the one it leaves; while there is another, each may have the server or not, and its address has an index
 */
export const retargetingOf = (name: string, balancer: string, before?: string): Allowed => {
  const target = (of: string): string => `hcloud_load_balancer_target.${of}_${name}`;
  if (before === undefined) return { [target(balancer)]: made };
  return { [`${target(balancer)}[0]`]: [...made, "delete"], [`${target(before)}[0]`]: [...made, "delete"] };
};

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
const changeoverNotes = "terraform_data.changeover_";

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
    ...Object.fromEntries(servers.flatMap((name) => Object.entries(retargetingOf(name, now.id, before.id)))),
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

/**
 * Whether a resource is there for one server alone: its name has the server's between underscores, as all of them do. Pure.
 * @param address "tls_private_key.mysql_alpha_key"
 */
export const belongsTo = (address: string, name: string): boolean =>
  `_${address.slice(address.indexOf(".") + 1).replace(/\[\d+\]$/, "")}_`.includes(`_${name}_`);

/** Resources that a plan deletes, with what is known of each. */
export const deletionsOf = (plan: Plan): readonly ResourceChange[] =>
  (plan.resource_changes ?? []).filter(({ change: { actions } }) => actions.join() === "delete");

/** Differences between the configuration and what exists: changed elsewhere (drift), or waiting for a deploy. */
export interface Differences {
  /** "hcloud_server.alpha: labels", in the order of the plan. */
  readonly drift: readonly string[];
  readonly pending: readonly string[];
  readonly failedChecks: readonly string[];
}

/**
 * Tells drift from changes of the configuration that wait for a deploy. A resource has drifted when it was changed elsewhere and Terraform
 * would change it back. Attributes that changed elsewhere and that the configuration does not set, such as the server that an address is
 * assigned to, are neither. Pure.
 */
export function differencesOf(plan: Plan): Differences {
  const planned = (plan.resource_changes ?? []).filter((change) => !doesNothing(change));
  const found = new Map((plan.resource_drift ?? []).map((change) => [change.address, change]));
  const drift: string[] = [];
  const pending: string[] = [];
  for (const change of planned) {
    const moved = found.get(change.address);
    if (moved?.change.actions.includes("delete")) {
      drift.push(`${change.address}: is gone`);
      continue;
    }
    const differing = changedAttributes(change);
    const drifted = moved ? changedAttributes(moved).filter((name) => differing.includes(name)) : [];
    const rest = differing.filter((name) => !drifted.includes(name));
    if (drifted.length > 0) drift.push(`${change.address}: ${drifted.join(", ")}`);
    if (drifted.length === 0)
      pending.push(`${described(change)}${rest.length > 0 && isUpdate(change) ? `: ${rest.join(", ")}` : ""}`);
    else if (rest.length > 0) pending.push(`${described(change)}: ${rest.join(", ")}`);
  }
  return { drift, pending, failedChecks: failedChecksOf(plan) };
}

const isUpdate = ({ change: { actions } }: ResourceChange): boolean => actions.join() === "update";

/** Names of the attributes that differ; not their values, among which are secrets. */
function changedAttributes({ change: { before, after } }: ResourceChange): readonly string[] {
  const [left, right] = [before ?? {}, after ?? {}] as Record<string, unknown>[];
  const names = [...new Set([...Object.keys(left ?? {}), ...Object.keys(right ?? {})])];
  // What only the apply will tell has no value in `after`.
  return names
    .filter((name) => name in (right ?? {}) && JSON.stringify(left?.[name]) !== JSON.stringify(right?.[name]))
    .sort();
}

/** Secrets from outside without which a plan would make a server that needs them, in the words of its checks. Pure. */
export const missingSecretsOf = ({ resource_changes: changes = [], checks = [] }: Plan): readonly string[] =>
  changes.some(({ address, change }) => address.startsWith("hcloud_server.") && change.actions.includes("create"))
    ? failedChecksOf({
        checks: checks.filter(({ address }) => address.to_display?.startsWith(`check.${neededSecret}`)),
      })
    : [];

const failedChecksOf = ({ checks = [] }: Pick<Plan, "checks">): readonly string[] =>
  checks
    .filter(({ status }) => status === "fail" || status === "error")
    .map(({ address, instances = [] }) => {
      const messages = instances.flatMap(({ problems = [] }) => problems.map(({ message }) => message));
      return `${address.to_display ?? "check"}: ${messages.join("; ") || "failed"}`;
    });
