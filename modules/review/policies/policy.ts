import type { IConstruct } from "constructs";
import type { Config } from "../../config/schema.js";

/** What a policy says against a resource. The place is the construct it is said of. */
export interface Violation {
  readonly what: string;
  readonly why: string;
  readonly fix: string;
}

/** One rule that every synthesized resource keeps. */
export interface Policy {
  /** Name of the rule, which is its file's name. */
  readonly id: string;
  /** What holds when nobody violates it, for the review. */
  readonly promise: string;
  /** Looks at one construct. @returns nothing for constructs the rule does not speak of, or that keep it */
  readonly check: (node: IConstruct, config: Config) => readonly Violation[];
  /** Whether the configuration takes violations on itself, in an explicit word. @default never */
  readonly isAccepted?: (config: Config) => boolean;
}

/** What became of one policy. */
export interface PolicyResult {
  readonly policy: string;
  /** "accepted": it does not hold, and the configuration says so in an explicit word. */
  readonly outcome: "passed" | "accepted" | "failed";
  /** What, where, why and the fix, for an outcome other than "passed". @default none */
  readonly details?: readonly string[];
}
