import type { IConstruct } from "constructs";
import type { Config } from "../../config/schema.js";

/** A resource that violates a policy. The path of the construct identifies the resource. */
export interface Violation {
  readonly what: string;
  readonly why: string;
  readonly fix: string;
}

/** A policy: a requirement for constructs, and a function that checks one construct. */
export interface Policy {
  /** Name of the policy. */
  readonly id: string;
  /** Text of the requirement in the review. */
  readonly description: string;
  /**
   * Checks one construct.
   * @returns an empty list if the construct satisfies the policy or the policy does not apply to it
   */
  readonly check: (node: IConstruct, config: Config) => readonly Violation[];
  /** Returns true if an explicit setting accepts violations. @default - violations are never accepted */
  readonly isAccepted?: (config: Config) => boolean;
}

/** Outcome of one policy. */
export interface PolicyResult {
  readonly policy: string;
  readonly description: string;
  /**
   * Result of the policy. The outcome "accepted" means that the policy is violated but a setting explicitly accepts the
   * violation.
   */
  readonly outcome: "passed" | "accepted" | "failed";
  /** Violations with resource, reason and fix, if the policy did not pass. @default none */
  readonly details?: readonly string[];
}
