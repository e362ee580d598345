import type { Problem } from "../problem.js";
import type { Sections } from "../schema.js";

/** All sections of an environment, and the environment's name. */
export type Checked = Sections & { readonly environment: string };

/**
 * A rule that compares several settings. A rule is checked only if all sections on which the rule depends are valid.
 */
export interface Rule {
  readonly needs: readonly (keyof Checked)[];
  readonly check: (sections: Checked) => readonly Problem[];
}

/** Declares a rule. The check function receives only the sections in `needs`. */
export const rule = <const Key extends keyof Checked>(
  needs: readonly Key[],
  check: (sections: Pick<Checked, Key>) => readonly Problem[],
): Rule => ({ needs, check });

/** Returns the problem if the condition is false, otherwise no problem. */
export const unless = (holds: boolean, problem: () => Problem): readonly Problem[] => (holds ? [] : [problem()]);
