import type { Problem } from "../problem.js";
import type { Sections } from "../schema.js";

/** The sections of an environment and its name, as the rules see them. */
export type Checked = Sections & { readonly environment: string };

/** A rule between settings. It is checked only when each section that it needs has passed by itself. */
export interface Rule {
  readonly needs: readonly (keyof Checked)[];
  readonly check: (sections: Checked) => readonly Problem[];
}

/** Declares a rule. Its check is given the sections that it names, and no other. */
export const rule = <const Key extends keyof Checked>(
  needs: readonly Key[],
  check: (sections: Pick<Checked, Key>) => readonly Problem[],
): Rule => ({ needs, check });

/** The problem, unless the condition holds. */
export const unless = (holds: boolean, problem: () => Problem): readonly Problem[] => (holds ? [] : [problem()]);
