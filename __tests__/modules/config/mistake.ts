import { findProblems } from "../../../modules/config/check.js";
import { problemLine } from "../../../modules/config/problem.js";
import type { EnvironmentInput } from "../../../modules/config/schema.js";
import { exampleInput } from "../../support/config.js";

/** What an owner might write: any value anywhere. */
export type Mistake = Readonly<Record<string, unknown>>;

/** Problems of the example with a mistake in it, as an owner reads them. */
export const linesOf = (mistake: Mistake, environment = "production"): readonly string[] =>
  findProblems(environment, exampleInput(mistake as Partial<EnvironmentInput>)).map(problemLine);

/** The same in one text. */
export const lineOf = (mistake: Mistake): string => linesOf(mistake).join("\n");
