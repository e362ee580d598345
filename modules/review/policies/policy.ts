import type { IConstruct } from "constructs";
import type { Config } from "../../config/schema.js";

/** Violation of a policy by a resource. The path of the construct shows the place. */
export interface Violation {
  readonly what: string;
  readonly why: string;
  readonly fix: string;
}

/** A requirement for all constructs, and its check. */
export interface Policy {
  /** Name of the policy. */
  readonly id: string;
  /** The requirement, as the review shows it. */
  readonly description: string;
  /** Checks one construct. @returns an empty list if the construct complies or is irrelevant */
  readonly check: (node: IConstruct, config: Config) => readonly Violation[];
  /** Whether an explicit setting accepts violations. @default - they are never accepted */
  readonly isAccepted?: (config: Config) => boolean;
}

/** Outcome of one policy. */
export interface PolicyResult {
  readonly policy: string;
  readonly description: string;
  /** "accepted": the policy is violated, and an explicit setting accepts that. */
  readonly outcome: "passed" | "accepted" | "failed";
  /** What, where, why and the fix, for an outcome other than "passed". @default none */
  readonly details?: readonly string[];
}
