import { neededSecret } from "../../modules/platform/names.js";
import type { Allowed } from "./allowed.js";
import { changeoverNotes } from "./changeover.js";

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
  (plan.resource_changes ?? []).filter((change) => !doesNothing(change)).map((change) => describedIn(plan, change));

/** Whether a resource in the state no longer exists: creating it again does not bring back what it held. */
const isMissing = ({ resource_drift: drift = [] }: Plan, { address, change }: ResourceChange): boolean =>
  change.actions.join() === "create" &&
  drift.some((one) => one.address === address && one.change.actions.join() === "delete");

const describedIn = (plan: Plan, change: ResourceChange): string =>
  isMissing(plan, change) ? `creates again ${change.address}, which is missing` : described(change);

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
 * What a plan would destroy: deletions, replacements, and resources that are missing and would be created again. Pure. Notes of a change of
 * the balancer that the configuration no longer names destroy nothing.
 */
export const destructionOf = (plan: Plan): readonly string[] =>
  (plan.resource_changes ?? [])
    .filter(
      (change) =>
        isMissing(plan, change) ||
        (change.change.actions.includes("delete") && !change.address.startsWith(changeoverNotes)),
    )
    .map((change) => describedIn(plan, change));

/** What a plan would do beyond what is allowed; empty when it may be applied. Pure. */
export const excessOf = (plan: Plan, allowed: Allowed): readonly string[] =>
  (plan.resource_changes ?? [])
    .filter((change) => !doesNothing(change))
    .filter(({ address, change: { actions } }) => !allowed[address]?.includes(actions.join(",")))
    .map(described);

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
  const found = new Map((plan.resource_drift ?? []).map((change) => [change.address, change]));
  const each = (plan.resource_changes ?? [])
    .filter((change) => !doesNothing(change))
    .map((change) => differenceOf(change, found.get(change.address)));
  return {
    drift: each.flatMap(({ drift }) => drift),
    pending: each.flatMap(({ pending }) => pending),
    failedChecks: failedChecksOf(plan),
  };
}

/** What a planned change would take back, and what of it the configuration asks for. @param moved how the resource was changed elsewhere */
function differenceOf(change: ResourceChange, moved?: ResourceChange): Pick<Differences, "drift" | "pending"> {
  if (moved?.change.actions.includes("delete")) return { drift: [`${change.address}: is gone`], pending: [] };
  const elsewhere = moved ? changedAttributes(moved) : [];
  const differing = changedAttributes(change);
  const drifted = differing.filter((name) => elsewhere.includes(name));
  const asked = differing.filter((name) => !elsewhere.includes(name));
  const names = asked.length > 0 && (drifted.length > 0 || isUpdate(change)) ? `: ${asked.join(", ")}` : "";
  return {
    drift: drifted.length > 0 ? [`${change.address}: ${drifted.join(", ")}`] : [],
    pending: drifted.length === 0 || asked.length > 0 ? [`${described(change)}${names}`] : [],
  };
}

const isUpdate = ({ change: { actions } }: ResourceChange): boolean => actions.join() === "update";

/** Names of the attributes that differ; not their values, among which are secrets. */
function changedAttributes({ change: { before, after } }: ResourceChange): readonly string[] {
  const [left, right] = [before ?? {}, after ?? {}] as [Record<string, unknown>, Record<string, unknown>];
  // What only the apply will tell has no value in `after`.
  return Object.keys(right)
    .filter((name) => JSON.stringify(left[name]) !== JSON.stringify(right[name]))
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
