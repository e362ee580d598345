import { neededSecret } from "../../modules/platform/names.js";
import type { Allowed } from "./allowed.js";
import { changeoverNotes } from "./changeover.js";

/** A planned or detected change of a resource, in the format of `terraform show -json`. */
export interface ResourceChange {
  readonly address: string;
  /** "managed" or "data". @default - absent */
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
    /** Address of the block in a readable form. @default - absent */
    readonly to_display?: string;
  };
  readonly status: string;
  /** Reason of the failure. @default - absent */
  readonly instances?: readonly { readonly problems?: readonly { readonly message: string }[] }[];
}

/** A plan in the format of `terraform show -json`, without fields that are not used here. */
export interface Plan {
  /** Planned changes of resources. @default - absent: none */
  readonly resource_changes?: readonly ResourceChange[];
  /** Changes of resources that were made outside Terraform. @default - absent: none */
  readonly resource_drift?: readonly ResourceChange[];
  /** @default - absent: there are no check blocks */
  readonly checks?: readonly Check[];
  /** Changes of outputs, by name. @default - absent: none */
  readonly output_changes?: Readonly<Record<string, { readonly actions: readonly string[] }>>;
}

const doesNothing = ({ change: { actions } }: ResourceChange): boolean =>
  actions.every((action) => action === "no-op" || action === "read");

/** Returns one line for each action of a plan, such as "replaces hcloud_server.alpha". */
export const actionsOf = (plan: Plan): readonly string[] =>
  (plan.resource_changes ?? []).filter((change) => !doesNothing(change)).map((change) => describedIn(plan, change));

/** Returns true if a resource is in the state but no longer exists. Its content is lost even if Terraform creates the resource again. */
const isMissing = ({ resource_drift: drift = [] }: Plan, { address, change }: ResourceChange): boolean =>
  change.actions.join() === "create" &&
  drift.some((one) => one.address === address && one.change.actions.join() === "delete");

const describedIn = (plan: Plan, change: ResourceChange): string =>
  isMissing(plan, change) ? `creates again ${change.address}, which is missing` : described(change);

/** Returns true if a plan changes outputs, which other stacks and commands read. */
export const changesOutputs = ({ output_changes: outputs = {} }: Plan): boolean =>
  Object.values(outputs).some(({ actions }) => actions.some((action) => action !== "no-op"));

const described = ({ address, change: { actions } }: ResourceChange): string =>
  `${actions.length === 2 ? "replaces" : `${actions[0]}s`} ${address}`;

/**
 * Returns true if the state contains a resource and its dependents, all completely created, so that the plan replaces them only because a
 * replacement was requested. A resource that is missing in the state, for example an attachment, may still exist, and then its creation
 * would be rejected. Pure.
 */
export const isWholeIn = (plan: Plan, address: string): boolean =>
  (plan.resource_changes ?? []).some(
    (change) => change.address === address && change.action_reason === "replace_by_request",
  ) && !actionsOf(plan).some((action) => action.startsWith("creates "));

/**
 * Returns the destructive actions of a plan: deletions, replacements, and missing resources that would be created again. The deletion of
 * an ended migration's progress is not destructive. Pure.
 */
export const destructionOf = (plan: Plan): readonly string[] =>
  (plan.resource_changes ?? [])
    .filter(
      (change) =>
        isMissing(plan, change) ||
        (change.change.actions.includes("delete") && !change.address.startsWith(changeoverNotes)),
    )
    .map((change) => describedIn(plan, change));

/** Returns the actions of a plan that are not allowed. The plan may be applied if there are none. Pure. */
export const excessOf = (plan: Plan, allowed: Allowed): readonly string[] =>
  (plan.resource_changes ?? [])
    .filter((change) => !doesNothing(change))
    .filter(({ address, change: { actions } }) => !allowed[address]?.includes(actions.join(",")))
    .map(described);

/**
 * Returns true if a resource belongs to only one server. The name of such a resource contains the server's name between underscores. Pure.
 * @param address "tls_private_key.mysql_alpha_key"
 */
export const belongsTo = (address: string, name: string): boolean =>
  `_${address.slice(address.indexOf(".") + 1).replace(/\[\d+\]$/, "")}_`.includes(`_${name}_`);

/** Returns the resources that a plan deletes, with their known attributes. */
export const deletionsOf = (plan: Plan): readonly ResourceChange[] =>
  (plan.resource_changes ?? []).filter(({ change: { actions } }) => actions.join() === "delete");

/**
 * Differences between configuration and resources: changes made outside Terraform (drift), and configuration changes that are not deployed
 * yet.
 */
export interface Differences {
  /** Resource and changed attributes, such as "hcloud_server.alpha: labels", in the order of the plan. */
  readonly drift: readonly string[];
  readonly pending: readonly string[];
  readonly failedChecks: readonly string[];
}

/**
 * Separates drift from configuration changes that are not deployed yet. A resource has drifted if it was changed outside Terraform and
 * Terraform would revert the change. Changes of attributes that are not configured, such as the server of an address, are ignored. Pure.
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
 * Returns the attributes of a planned change that revert a change made outside Terraform, and the attributes that the configuration
 * changes. @param moved change of the resource that was made outside Terraform
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

/** Returns the names of the changed attributes. Values are omitted, because they may be secret. */
function changedAttributes({ change: { before, after } }: ResourceChange): readonly string[] {
  const [left, right] = [before ?? {}, after ?? {}] as [Record<string, unknown>, Record<string, unknown>];
  // Attributes that are unknown before the apply have no value in `after`.
  return Object.keys(right)
    .filter((name) => JSON.stringify(left[name]) !== JSON.stringify(right[name]))
    .sort();
}

/** Returns the failed checks of a plan about secrets that the owner did not set, for servers that the plan would create. Pure. */
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
