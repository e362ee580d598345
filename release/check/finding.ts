/** A result of the check of a release: a problem with its fix, or a check that is not possible here. */
export interface Finding {
  readonly kind: "problem" | "not-checked";
  readonly what: string;
  /** @default - none: the check was not possible */
  readonly fix?: string;
}

export const problem = (what: string, fix: string): Finding => ({ kind: "problem", what, fix });

export const notChecked = (what: string): Finding => ({ kind: "not-checked", what });
