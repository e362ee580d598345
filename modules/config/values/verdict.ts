import * as z from "zod";
import { suggestion } from "../suggest.js";

/** The violated rule and the fix; undefined for a valid value. */
export type Verdict = { readonly rule: string; readonly fix: string } | undefined;

/** A zod issue with our own rule and fix, which issues.ts reads. */
export const custom = (rule: string, fix: string) => ({ code: "custom", message: rule, params: { fix } }) as const;

/** A text with a custom rule, whose message contains rule and fix. */
export const text = (judge: (value: string) => Verdict) =>
  z.string().superRefine((value, context) => {
    const verdict = judge(value);
    if (verdict) context.addIssue(custom(verdict.rule, verdict.fix));
  });

/** A text that matches a pattern. */
export const matching = (pattern: RegExp, rule: string, fix: string) =>
  text((value) => (pattern.test(value) ? undefined : { rule, fix }));

/** A name that becomes the id of a construct, so `constructor` is not possible. */
export const identifier = (pattern: RegExp, rule: string, fix: string) =>
  text((value) => {
    if (value === "constructor")
      return { rule: "must not be constructor, because this name is reserved", fix: "choose another" };
    return pattern.test(value) ? undefined : { rule, fix };
  });

/** A text from a list of known values. */
export const oneOf = (what: string, values: readonly string[]) =>
  text((value) =>
    values.includes(value) ? undefined : { rule: `must be a known ${what}`, fix: suggestion(value, values) },
  );

/** A list without duplicates. */
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
