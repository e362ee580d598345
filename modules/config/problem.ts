import { types } from "node:util";
import { privateKey } from "../platform/secret-words.js";

/** A problem of a setting in an environment's file. */
export interface Problem {
  /** Path in the environment file, for example "servers.alpha.privateIp". */
  readonly path: string;
  /** Text of the violated rule, beginning with "must" or "is". */
  readonly rule: string;
  /** Value that violates the rule. */
  readonly got: unknown;
  /** Instruction to fix the problem. */
  readonly fix: string;
}

const longest = 80;

/** Returns a value as JSON, or the type of the value if JSON cannot represent it. */
function asText(value: unknown): string {
  if (typeof value === "object") {
    try {
      return JSON.stringify(value);
    } catch {
      return "an object that JSON cannot represent";
    }
  }
  return typeof value === "string" || typeof value === "boolean" ? JSON.stringify(value) : `a ${typeof value}`;
}

/** Returns a character in JavaScript's escape notation. */
export const escaped = (character: string): string =>
  `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, "0")}`;

/**
 * Returns true if a value is an error, even if the error comes from the thread of Node's module loader. Does not
 * execute code of the value.
 */
const isError = (value: unknown): value is Error =>
  types.isNativeError(value) || (!types.isProxy(value) && value instanceof Error);

/** Returns the text of a value for messages. Long texts are shortened, and secrets are hidden. */
function show(value: unknown): string {
  if (value === undefined) return "nothing";
  if (typeof value === "number") return String(value);
  if (isError(value)) return `${value.name}: ${value.message.replaceAll(/\s+/g, " ")}`.slice(0, 300);
  if (types.isPromise(value)) return "a promise";
  const text = asText(value)
    .replace(/(\w:[/\\]*)[^\s/\\"]*@/g, "$1…@")
    .replace(/[\p{Cf}\p{Zl}\p{Zp}]/gu, escaped);
  if (privateKey.test(text)) return "a private key";
  return text.length > longest ? `${text.slice(0, longest)}…` : text;
}

/** Returns a problem as one line: `path: rule, got value; fix`. */
export const problemLine = ({ path, rule, got, fix }: Problem): string => `${path}: ${rule}, got ${show(got)}; ${fix}`;

/** Maximum number of problem lines in a report. */
const mostLines = 50;

/** Returns a report with all problems of one environment, one problem per line. */
export function problemReport(environment: string, problems: readonly Problem[]): string {
  const more = problems.length - mostLines;
  return [
    `config ${/^[\w-]{1,40}$/.test(environment) ? environment : show(environment)}: ${problems.length} ${problems.length === 1 ? "problem" : "problems"}`,
    ...problems.slice(0, mostLines).map((problem) => `  ${problemLine(problem)}`),
    ...(more > 0 ? [`  … and ${more} more`] : []),
  ].join("\n");
}
