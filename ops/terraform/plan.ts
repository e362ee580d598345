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

/** What only the proof of origin of one TLS mode, and a balancer that ends TLS, need. */
const neededFor = {
  terminate: ["hcloud_uploaded_certificate.certificate", "cloudflare_ruleset.site_edge-token"],
  passthrough: [
    "cloudflare_authenticated_origin_pulls_certificate.site_origin-pull-certificate",
    "cloudflare_authenticated_origin_pulls_settings.site_origin-pull-settings",
  ],
} as const;

/** A balancer as addresses call it, and its TLS mode. */
export interface PlannedBalancer {
  readonly id: string;
  readonly tls: keyof typeof neededFor;
}

const partsOf = ({ id }: PlannedBalancer): readonly string[] => [
  `hcloud_load_balancer.${id}`,
  `hcloud_load_balancer_network.${id}_network`,
  `hcloud_load_balancer_service.${id}_service-443`,
];

const all = (addresses: readonly string[], actions: readonly string[]): Allowed =>
  Object.fromEntries(addresses.map((address) => [address, actions]));

/** What the addresses of both of the following begin with. */
const changeoverNotes = "terraform_data.changeover_";

/** The two numbers that say how far a change of the balancer has come: the one that records point at, and the one beside which there is no other. */
export const changeoverNumber = { used: "changeover_used", only: "changeover_only" } as const;

/** What making a second balancer may do in the stack of the edge. @param servers those that may be targets */
export const openingOf = (now: PlannedBalancer, before: PlannedBalancer, servers: readonly string[]): Allowed => ({
  ...all([...partsOf(now), ...neededFor[now.tls]], ["create", "delete,create"]),
  ...all(
    Object.values(changeoverNumber).map((name) => `terraform_data.${name}`),
    ["create", "update"],
  ),
  ...Object.fromEntries(servers.flatMap((name) => Object.entries(retargetingOf(name, now.id, before.id)))),
});

/** What pointing the records at another balancer may do. */
export const pointing: Allowed = {
  [`terraform_data.${changeoverNumber.used}`]: ["update"],
  ...all(
    ["www", "apex"].flatMap((name) => ["a", "aaaa"].map((type) => `cloudflare_dns_record.site_${name}-${type}`)),
    ["update"],
  ),
};

/** What taking the balancer before away may do. */
export const closingOf = (now: PlannedBalancer, before: PlannedBalancer, servers: readonly string[]): Allowed =>
  all(
    [
      ...servers.map((name) => `hcloud_load_balancer_target.${before.id}_${name}`),
      ...partsOf(before),
      ...(before.tls === now.tls ? [] : neededFor[before.tls]),
    ].map((address) => `${address}[0]`),
    ["delete"],
  );

/** What noting that the balancer before is gone may do. */
export const noting: Allowed = { [`terraform_data.${changeoverNumber.only}`]: ["update"] };

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
