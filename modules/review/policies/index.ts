import { Aspects, TerraformStack } from "cdktf";
import type { IConstruct } from "constructs";
import type { Config } from "../../config/schema.js";
import { PolicyAspect } from "./aspect.js";
import { certificateLifecycle } from "./certificate-lifecycle.js";
import { databaseNotPublic } from "./database-not-public.js";
import { labelsPresent } from "./labels-present.js";
import { noSecretLiteral } from "./no-secret-literal.js";
import { payloadFits } from "./payload-fits.js";
import type { Policy, PolicyResult } from "./policy.js";
import { protectedInProduction } from "./protected-in-production.js";
import { serverPlaced } from "./server-placed.js";
import { sshNotFromTheWorld } from "./ssh-not-from-the-world.js";
import { stateShared } from "./state-shared.js";

export type { Policy, PolicyResult } from "./policy.js";

/** All policies, in the order of the review. */
export const policies: readonly Policy[] = [
  sshNotFromTheWorld,
  databaseNotPublic,
  serverPlaced,
  protectedInProduction,
  labelsPresent,
  noSecretLiteral,
  payloadFits,
  certificateLifecycle,
  stateShared,
];

/**
 * Lets every policy look at every stack below a construct, when it is synthesized.
 * @returns what became of each policy, to be asked after synthesis
 */
export function applyPolicies(scope: IConstruct, config: Config): () => readonly PolicyResult[] {
  const aspects = policies.map((policy) => new PolicyAspect(policy, config));
  // A stack invokes its own aspects; those of an app reach nobody.
  for (const stack of scope.node.findAll().filter((node) => TerraformStack.isStack(node)))
    for (const aspect of aspects) Aspects.of(stack).add(aspect);
  return () => aspects.map((aspect) => aspect.result());
}
