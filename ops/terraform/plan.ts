import { neededSecret } from "../../modules/platform/names.js";
import type { Allowed } from "./allowed.js";
import { changeoverNotes } from "./changeover.js";

/** A planned or detected change of a resource, in the format of `terraform show -json`. */
export interface ResourceChange {
  readonly address: string;
  /** `managed` or `data`. @default - absent */
  readonly mode?: string;
  /** Terraform's reason for a replacement or deletion. @default - absent: Terraform gives no reason */
  readonly action_reason?: string;
  readonly change: {
    readonly actions: readonly string[];
    /** Current attributes. @default - absent: the resource does not exist */
    readonly before?: unknown;
    /** Known attributes after the change. @default - absent: the resource is destroyed */
    readonly after?: unknown;
    /** Attributes that are unknown until the apply. @default - absent: none */
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
  /** Reason of the failure. @default - absent */
  readonly instances?: readonly { readonly problems?: readonly { readonly message: string }[] }[];
}

/** A plan; unused fields are omitted. */
export interface Plan {
  /** Planned changes. @default - absent: none */
  readonly resource_changes?: readonly ResourceChange[];
  /** Detected external changes. @default - absent: none */
  readonly resource_drift?: readonly ResourceChange[];
  /** @default - absent: there are no check blocks */
  readonly checks?: readonly Check[];
  /** Changes of outputs, by name. @default - absent: none */
  readonly output_changes?: Readonly<Record<string, { readonly actions: readonly string[] }>>;
}

const doesNothing = ({ change: { actions } }: ResourceChange): boolean =>
  actions.every((action) => action === "no-op" || action === "read");

/** The actions of a plan, one line each: "replaces hcloud_server.alpha". */
export const actionsOf = (plan: Plan): readonly string[] =>
  (plan.resource_changes ?? []).filter((change) => !doesNothing(change)).map((change) => describedIn(plan, change));

/** Whether a resource in the state no longer exists: creating it again does not restore its content. */
const isMissing = ({ resource_drift: drift = [] }: Plan, { address, change }: ResourceChange): boolean =>
  change.actions.join() === "create" &&
  drift.some((one) => one.address === address && one.change.actions.join() === "delete");

const describedIn = (plan: Plan, change: ResourceChange): string =>
  isMissing(plan, change) ? `creates again ${change.address}, which is missing` : described(change);

/** Whether a plan changes outputs, which other stacks and commands read. */
export const changesOutputs = ({ output_changes: outputs = {} }: Plan): boolean =>
  Object.values(outputs).some(({ actions }) => actions.some((action) => action !== "no-op"));

const described = ({ address, change: { actions } }: ResourceChange): string =>
  `${actions.length === 2 ? "replaces" : `${actions[0]}s`} ${address}`;

/**
 * Whether a plan replaces a resource and its dependents only because that was requested: the state contains all of them, completely
 * created. A resource that is missing in the state may still exist, for example an attachment, and its creation would be rejected. Pure.
 */
export const isWholeIn = (plan: Plan, address: string): boolean =>
  (plan.resource_changes ?? []).some(
    (change) => change.address === address && change.action_reason === "replace_by_request",
  ) && !actionsOf(plan).some((action) => action.startsWith("creates "));

/**
 * The destructive actions of a plan: deletions, replacements, and missing resources that would be created again. Deleting the recorded
 * progress of an ended migration is not destructive. Pure.
 */
export const destructionOf = (plan: Plan): readonly string[] =>
  (plan.resource_changes ?? [])
    .filter(
      (change) =>
        isMissing(plan, change) ||
        (change.change.actions.includes("delete") && !change.address.startsWith(changeoverNotes)),
    )
    .map((change) => describedIn(plan, change));

/** The actions of a plan that are not allowed; empty if it may be applied. Pure. */
export const excessOf = (plan: Plan, allowed: Allowed): readonly string[] =>
  (plan.resource_changes ?? [])
    .filter((change) => !doesNothing(change))
    .filter(({ address, change: { actions } }) => !allowed[address]?.includes(actions.join(",")))
    .map(described);

/**
 * Whether a resource belongs to only one server: its name contains the server's name between underscores. Pure.
 * @param address "tls_private_key.mysql_alpha_key"
 */
export const belongsTo = (address: string, name: string): boolean =>
  `_${address.slice(address.indexOf(".") + 1).replace(/\[\d+\]$/, "")}_`.includes(`_${name}_`);

/** Resources that a plan deletes, with their known attributes. */
export const deletionsOf = (plan: Plan): readonly ResourceChange[] =>
  (plan.resource_changes ?? []).filter(({ change: { actions } }) => actions.join() === "delete");

/** Differences between configuration and resources: external changes (drift), or changes that wait for a deploy. */
export interface Differences {
  /** "hcloud_server.alpha: labels", in the order of the plan. */
  readonly drift: readonly string[];
  readonly pending: readonly string[];
  readonly failedChecks: readonly string[];
}

/**
 * Separates drift from configuration changes that wait for a deploy. A resource has drifted if it was changed externally and Terraform
 * would revert the change. External changes of attributes that are not configured, such as the server of an address, are neither. Pure.
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

/**
 * Attributes of a planned change that revert an external change, and attributes that the configuration changes. @param moved external
 * change of the resource
 */
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

/** Names of the changed attributes, without values, because values may be secret. */
function changedAttributes({ change: { before, after } }: ResourceChange): readonly string[] {
  const [left, right] = [before ?? {}, after ?? {}] as [Record<string, unknown>, Record<string, unknown>];
  // Attributes that are unknown before the apply have no value in `after`.
  return Object.keys(right)
    .filter((name) => JSON.stringify(left[name]) !== JSON.stringify(right[name]))
    .sort();
}

/** Missing external secrets of servers that a plan would create, in the words of its checks. Pure. */
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
