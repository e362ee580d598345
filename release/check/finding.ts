/** A result of the check of a release: a problem with its fix, or a check that is not possible on this machine. */
export interface Finding {
  readonly kind: "problem" | "not-checked";
  readonly what: string;
  /** Instruction to fix the problem. @default - none, because the check was not possible */
  readonly fix?: string;
}

export const problem = (what: string, fix: string): Finding => ({ kind: "problem", what, fix });

export const notChecked = (what: string): Finding => ({ kind: "not-checked", what });
