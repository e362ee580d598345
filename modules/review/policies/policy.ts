import type { IConstruct } from "constructs";
import type { Config } from "../../config/schema.js";

/** Why a resource violates a policy. Where it is, the path of the construct tells. */
export interface Violation {
  readonly what: string;
  readonly why: string;
  readonly fix: string;
}

/** A promise about everything that is synthesized, and the check that holds it. */
export interface Policy {
  /** Name of the policy, which is its file's name. */
  readonly id: string;
  /** What holds when nobody violates it, for the review. */
  readonly promise: string;
  /** Looks at one construct. @returns an empty list for constructs that the policy is not about, or that keep it */
  readonly check: (node: IConstruct, config: Config) => readonly Violation[];
  /** Whether an explicit setting accepts violations. @default - they are never accepted */
  readonly isAccepted?: (config: Config) => boolean;
}

/** What became of one policy. */
export interface PolicyResult {
  readonly policy: string;
  /** "accepted": the policy is violated, and an explicit setting accepts that. */
  readonly outcome: "passed" | "accepted" | "failed";
  /** What, where, why and the fix, for an outcome other than "passed". @default none */
  readonly details?: readonly string[];
}
