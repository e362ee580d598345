import type { Problem } from "../problem.js";
import type { Sections } from "../schema.js";

/** The sections of an environment, with its name. */
export type Checked = Sections & { readonly environment: string };

/** A rule between settings. It is checked only if all sections that it needs are valid. */
export interface Rule {
  readonly needs: readonly (keyof Checked)[];
  readonly check: (sections: Checked) => readonly Problem[];
}

/** Declares a rule. Its check gets only the sections in `needs`. */
export const rule = <const Key extends keyof Checked>(
  needs: readonly Key[],
  check: (sections: Pick<Checked, Key>) => readonly Problem[],
): Rule => ({ needs, check });

/** The problem, unless the condition holds. */
export const unless = (holds: boolean, problem: () => Problem): readonly Problem[] => (holds ? [] : [problem()]);
