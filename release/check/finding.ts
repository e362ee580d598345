/** What the check of a release says: something a server would refuse, with the fix, or something that cannot be tried here. */
export interface Finding {
  readonly kind: "problem" | "not-checked";
  readonly what: string;
  /** @default - none: nothing is wrong */
  readonly fix?: string;
}

export const problem = (what: string, fix: string): Finding => ({ kind: "problem", what, fix });

export const notChecked = (what: string): Finding => ({ kind: "not-checked", what });
