import { findProblems } from "../../../modules/config/check.js";
import { problemLine } from "../../../modules/config/problem.js";
import type { EnvironmentInput } from "../../../modules/config/schema.js";
import { exampleInput } from "../../support/config.js";

/** Settings with a mistake. Every key and every value is allowed. */
export type Mistake = Readonly<Record<string, unknown>>;

/** Returns the reported problems of the example environment with a mistake, one line for each problem. */
export const linesOf = (mistake: Mistake, environment = "production"): readonly string[] =>
  findProblems(environment, exampleInput(mistake as Partial<EnvironmentInput>)).map(problemLine);

/** Returns all reported problems as one text. */
export const lineOf = (mistake: Mistake): string => linesOf(mistake).join("\n");
