import { findProblems } from "../../../modules/config/check.js";
import { problemLine } from "../../../modules/config/problem.js";
import type { EnvironmentInput } from "../../../modules/config/schema.js";
import { exampleInput } from "../../support/config.js";

/** Settings with a mistake: any value at any key. */
export type Mistake = Readonly<Record<string, unknown>>;

/** Reported problems of the example environment with a mistake in it, one line each. */
export const linesOf = (mistake: Mistake, environment = "production"): readonly string[] =>
  findProblems(environment, exampleInput(mistake as Partial<EnvironmentInput>)).map(problemLine);

/** The problems as one text. */
export const lineOf = (mistake: Mistake): string => linesOf(mistake).join("\n");
