import type { IConstruct } from "constructs";
import type { Config } from "../../config/schema.js";
import { firewallPolicies } from "./firewalls.js";
import { lifecyclePolicies } from "./lifecycle.js";
import { payloadPolicies } from "./payload.js";
import type { Policy, PolicyResult } from "./policy.js";
import { resourcePolicies } from "./resources.js";

export type { Policy, PolicyResult } from "./policy.js";

/** All policies, in the order of the review. */
export const policies: readonly Policy[] = [
  ...firewallPolicies,
  ...resourcePolicies,
  ...payloadPolicies,
  ...lifecyclePolicies,
];

/** Returns the result of a policy for all constructs. */
function resultOf(policy: Policy, nodes: readonly IConstruct[], config: Config): PolicyResult {
  const result = { policy: policy.id, description: policy.description };
  const details = nodes.flatMap((node) =>
    policy.check(node, config).map(({ what, why, fix }) => `${node.node.path}: ${what}. Why: ${why}. Fix: ${fix}.`),
  );
  if (details.length === 0) return { ...result, outcome: "passed" };
  return { ...result, outcome: policy.isAccepted?.(config) ? "accepted" : "failed", details };
}

/** Checks a construct and its descendants against every policy. */
export function policyResults(scope: IConstruct, config: Config): readonly PolicyResult[] {
  const nodes = scope.node.findAll();
  return policies.map((policy) => resultOf(policy, nodes, config));
}

/**
 * Throws an error if a policy is violated.
 * @throws Error with all violations that the configuration does not accept
 */
export function refuseViolations(results: readonly PolicyResult[]): void {
  const violations = results.flatMap(({ policy, outcome, details = [] }) =>
    outcome === "failed" ? details.map((detail) => `policy ${policy}: ${detail}`) : [],
  );
  if (violations.length > 0) throw new Error(violations.join("\n"));
}
