import type { Problem } from "../problem.js";
import type { Sections } from "../schema.js";

/** Sections of an environment, and its name. */
export type Checked = Sections & { readonly environment: string };

/** A rule that spans settings. It is checked when every section it needs is sound in itself. */
export interface Rule {
  readonly needs: readonly (keyof Checked)[];
  readonly check: (sections: Checked) => readonly Problem[];
}

/** Declares a rule, with no more in its hands than the sections it names. */
export const rule = <const Key extends keyof Checked>(
  needs: readonly Key[],
  check: (sections: Pick<Checked, Key>) => readonly Problem[],
): Rule => ({ needs, check });

/** A problem where a condition does not hold. */
export const unless = (holds: boolean, problem: () => Problem): readonly Problem[] => (holds ? [] : [problem()]);
