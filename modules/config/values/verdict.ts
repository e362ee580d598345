import * as z from "zod";
import { suggestion } from "../suggest.js";

/** Violated rule and fix, or `undefined` for a valid value. */
export type Verdict = { readonly rule: string; readonly fix: string } | undefined;

/** Returns a zod issue with this project's own rule and fix. issues.ts reads both texts. */
export const custom = (rule: string, fix: string) => ({ code: "custom", message: rule, params: { fix } }) as const;

/** Returns the schema of a text with a check function. The resulting issue contains the violated rule and the fix. */
export const text = (judge: (value: string) => Verdict) =>
  z.string().superRefine((value, context) => {
    const verdict = judge(value);
    if (verdict) context.addIssue(custom(verdict.rule, verdict.fix));
  });

/** Returns the schema of a text that matches a pattern. */
export const matching = (pattern: RegExp, rule: string, fix: string) =>
  text((value) => (pattern.test(value) ? undefined : { rule, fix }));

/**
 * Returns the schema of a name that becomes the id of a construct. The name `constructor` is excluded, because it is a
 * property of every object.
 */
export const identifier = (pattern: RegExp, rule: string, fix: string) =>
  text((value) => {
    if (value === "constructor")
      return { rule: "must not be constructor, because this name is reserved", fix: "choose another" };
    return pattern.test(value) ? undefined : { rule, fix };
  });

/** Returns the schema of a text from a list of known values. */
export const oneOf = (what: string, values: readonly string[]) =>
  text((value) =>
    values.includes(value) ? undefined : { rule: `must be a known ${what}`, fix: suggestion(value, values) },
  );

/** Returns the schema of a list without duplicates. */
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
