import { Annotations, type IAspect } from "cdktf";
import type { IConstruct } from "constructs";
import type { Config } from "../../config/schema.js";
import type { Policy, PolicyResult } from "./policy.js";

/**
 * Applies a policy to a tree. A violation becomes an error annotation, which fails `tsx main.ts` and `cdktf synth` alike,
 * unless the configuration accepts it; then the review says so.
 */
export class PolicyAspect implements IAspect {
  private readonly details: string[] = [];

  constructor(
    private readonly policy: Policy,
    private readonly config: Config,
  ) {}

  visit(node: IConstruct): void {
    for (const { what, why, fix } of this.policy.check(node, this.config)) {
      this.details.push(`${node.node.path}: ${what}. Why: ${why}. Fix: ${fix}.`);
      if (!this.isAccepted())
        Annotations.of(node).addError(`policy ${this.policy.id}: ${what}. Why: ${why}. Fix: ${fix}.`);
    }
  }

  /** What became of the policy, once the tree is synthesized. */
  result(): PolicyResult {
    if (this.details.length === 0) return { policy: this.policy.id, outcome: "passed" };
    return { policy: this.policy.id, outcome: this.isAccepted() ? "accepted" : "failed", details: this.details };
  }

  private isAccepted(): boolean {
    return this.policy.isAccepted?.(this.config) ?? false;
  }
}
