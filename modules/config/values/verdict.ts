import * as z from "zod";
import { suggestion } from "../suggest.js";

/** The rule that a value breaks and the fix; undefined for a value that is right. */
export type Verdict = { readonly rule: string; readonly fix: string } | undefined;

/** An issue of zod's that carries our own rule and fix, as issues.ts reads them. */
export const custom = (rule: string, fix: string) => ({ code: "custom", message: rule, params: { fix } }) as const;

/** A text with a rule of its own, whose message names the rule and the fix. */
export const text = (judge: (value: string) => Verdict) =>
  z.string().superRefine((value, context) => {
    const verdict = judge(value);
    if (verdict) context.addIssue(custom(verdict.rule, verdict.fix));
  });

/** A text of one form. */
export const matching = (pattern: RegExp, rule: string, fix: string) =>
  text((value) => (pattern.test(value) ? undefined : { rule, fix }));

/** A text that is one of a list. */
export const known = (what: string, values: readonly string[]) =>
  text((value) =>
    values.includes(value) ? undefined : { rule: `must be a known ${what}`, fix: suggestion(value, values) },
  );

/** A list in which nothing stands twice. */
export const distinct = <Entry extends z.ZodType<unknown, unknown>>(entry: Entry, most: number) =>
  z
    .array(entry)
    .max(most)
    .superRefine((values, context) => {
      values.forEach((value, index) => {
        if (values.indexOf(value) !== index)
          context.addIssue({ ...custom("must be listed once", "remove it"), path: [index] });
      });
    });
