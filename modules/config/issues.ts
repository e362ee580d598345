import type { z } from "zod";
import type { Problem } from "./problem.js";
import { suggestion } from "./suggest.js";

type Issue = z.core.$ZodIssue;
type Path = readonly PropertyKey[];

/** A path as it is written in the environment file: `administrators.cidrs[0]`. */
export const pathText = (path: Path): string =>
  path.map((key, index) => (typeof key === "number" ? `[${key}]` : `${index > 0 ? "." : ""}${String(key)}`)).join("");

const valueAt = (input: unknown, path: Path): unknown =>
  path.reduce<unknown>(
    (value, key) =>
      typeof value === "object" && value !== null && Object.hasOwn(value, key)
        ? (value as Record<PropertyKey, unknown>)[key]
        : undefined,
    input,
  );

const typeNames: Readonly<Record<string, string>> = {
  string: "a text in quotes",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  object: "an object { … }",
  record: "an object { … }",
  array: "a list [ … ]",
};

const formats: Readonly<Record<string, { rule: string; fix: string }>> = {
  ipv4: { rule: "must be an IPv4 address", fix: "write it as 10.0.1.11" },
  cidrv4: { rule: "must be an IPv4 network in CIDR notation", fix: "write it as 10.0.1.0/24" },
  url: { rule: "must be a URL", fix: "write it as https://host/path" },
  uuid: { rule: "must be a UUID", fix: "make one with `uuidgen`" },
};

const quoted = (values: readonly unknown[]): string => values.map((value) => JSON.stringify(value)).join(", ");

/** Rule and fix of what zod found, in this project's words. */
function verdict(issue: Issue, got: unknown): { rule: string; fix: string } {
  switch (issue.code) {
    case "invalid_type": {
      const wanted = typeNames[issue.expected] ?? issue.expected;
      return got === undefined
        ? { rule: "is required", fix: `add it: ${wanted}` }
        : { rule: `must be ${wanted}`, fix: `write ${wanted}` };
    }
    case "invalid_value":
      return {
        rule: `must be one of ${quoted(issue.values)}`,
        fix: typeof got === "string" ? suggestion(got, issue.values.map(String)) : "choose one of them",
      };
    case "invalid_union":
      return {
        rule: "must be a known type",
        fix: `choose one of ${quoted((issue as { options?: string[] }).options ?? [])}`,
      };
    case "too_small":
      return issue.origin === "array"
        ? { rule: `must have at least ${issue.minimum} ${issue.minimum === 1 ? "entry" : "entries"}`, fix: "add one" }
        : { rule: `must be ${issue.minimum} or more`, fix: `raise it to ${issue.minimum}` };
    case "too_big":
      if (issue.origin === "array")
        return { rule: `must have at most ${issue.maximum} entries`, fix: "name what is needed, and no more" };
      return { rule: `must be ${issue.maximum} or less`, fix: `lower it to ${issue.maximum}` };
    case "invalid_format":
      return formats[issue.format] ?? { rule: "must have the right form", fix: issue.message };
    case "custom":
      return { rule: issue.message, fix: String(issue.params?.["fix"]) };
    default:
      return { rule: "must be valid", fix: issue.message };
  }
}

/** Keys that the schema knows at a path, to suggest one for a key that it does not know. */
export type KnownKeys = (path: Path) => readonly string[];

/** What zod found as problems: one per unknown key, else one per issue. */
export function toProblems(issue: Issue, input: unknown, knownKeys: KnownKeys): readonly Problem[] {
  if (issue.code === "unrecognized_keys")
    return issue.keys.map((key) => ({
      path: pathText([...issue.path, key]),
      rule: "is not a known setting",
      got: valueAt(input, [...issue.path, key]),
      fix: suggestion(
        key,
        knownKeys(issue.path).filter((other) => other !== key),
      ),
    }));
  if (issue.code === "invalid_key")
    return issue.issues.map((inner) => ({
      path: pathText(issue.path),
      got: issue.path.at(-1),
      ...verdict(inner, issue.path.at(-1)),
    }));
  const got = valueAt(input, issue.path);
  return [{ path: pathText(issue.path), got, ...verdict(issue, got) }];
}
