import type { z } from "zod";
import { secretSetting } from "../platform/secret-words.js";
import { escaped, type Problem } from "./problem.js";
import { suggestion } from "./suggest.js";

type Issue = z.core.$ZodIssue;
type Path = readonly PropertyKey[];

/** Maximum length of a setting's name in a message. */
const longestKey = 80;

/** Returns a setting's name on a single line, because a name with line breaks could forge lines of the report. */
function keyText(key: string): string {
  const text = key.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, escaped);
  return text.length > longestKey ? `${text.slice(0, longestKey)}…` : text;
}

/** Returns the path of a setting in the notation of an environment's file, for example `administrators.cidrs[0]`. */
export const pathText = (path: Path): string =>
  path
    .map((key, index) => (typeof key === "number" ? `[${key}]` : `${index > 0 ? "." : ""}${keyText(String(key))}`))
    .join("");

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
  uuid: { rule: "must be a UUID", fix: "create one with `uuidgen`" },
};

const quoted = (values: readonly unknown[]): string => values.map((value) => JSON.stringify(value)).join(", ");

interface RuleAndFix {
  readonly rule: string;
  readonly fix: string;
}

function typeVerdict(expected: string, got: unknown): RuleAndFix {
  const wanted = typeNames[expected] ?? expected;
  return got === undefined
    ? { rule: "is required", fix: `add it: ${wanted}` }
    : { rule: `must be ${wanted}`, fix: `write ${wanted}` };
}

function sizeVerdict(issue: z.core.$ZodIssueTooSmall | z.core.$ZodIssueTooBig): RuleAndFix {
  if (issue.code === "too_big")
    return issue.origin === "array"
      ? { rule: `must have at most ${issue.maximum} entries`, fix: "list only what is needed" }
      : { rule: `must be ${issue.maximum} or less`, fix: `lower it to ${issue.maximum}` };
  return issue.origin === "array"
    ? { rule: `must have at least ${issue.minimum} ${issue.minimum === 1 ? "entry" : "entries"}`, fix: "add one" }
    : { rule: `must be ${issue.minimum} or more`, fix: `raise it to ${issue.minimum}` };
}

/** Returns the violated rule and the fix for a zod issue. */
function verdict(issue: Issue, got: unknown): RuleAndFix {
  switch (issue.code) {
    case "invalid_type":
      return typeVerdict(issue.expected, got);
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
    case "too_big":
      return sizeVerdict(issue);
    case "invalid_format":
      return formats[issue.format] ?? { rule: "must have the correct format", fix: issue.message };
    case "custom":
      return { rule: issue.message, fix: String(issue.params?.["fix"]) };
    default:
      return { rule: "must be valid", fix: issue.message };
  }
}

/**
 * Returns the value at a path of the configuration for messages. A text at the path of a secret is hidden, because the
 * text may be the secret.
 */
function gotAt(input: unknown, path: Path, known = true): unknown {
  const got = valueAt(input, path);
  const isSecret =
    (path[0] === "application" && path[1] === "secrets" && path.length > 2) ||
    (!known && secretSetting.test(String(path.at(-1))));
  return isSecret && typeof got === "string" ? "…" : got;
}

/**
 * Returns the valid keys at a path of the configuration. If a key is unknown, the message suggests one of the valid
 * keys.
 */
export type KnownKeys = (path: Path) => readonly string[];

/** Converts a zod issue to problems: one problem for each unknown key, otherwise a single problem. */
export function toProblems(issue: Issue, input: unknown, knownKeys: KnownKeys): readonly Problem[] {
  if (issue.code === "unrecognized_keys")
    return issue.keys.map((key) => ({
      path: pathText([...issue.path, key]),
      rule: "is not a known setting",
      got: gotAt(input, [...issue.path, key], false),
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
  const got = gotAt(input, issue.path);
  return [{ path: pathText(issue.path), got, ...verdict(issue, got) }];
}
