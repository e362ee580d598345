import { types } from "node:util";
import { privateKey } from "../platform/secret-words.js";

/** A problem in a configuration. */
export interface Problem {
  /** Path in the environment file, for example "servers.alpha.privateIp". */
  readonly path: string;
  /** The violated rule, beginning with "must" or "is". */
  readonly rule: string;
  /** The offending value. */
  readonly got: unknown;
  /** What to do. */
  readonly fix: string;
}

const longest = 80;

/** A value as JSON, or its type if JSON cannot represent it. */
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

/** An invisible character in JavaScript's escape notation. */
export const escaped = (character: string): string =>
  `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, "0")}`;

/** Whether a value is an error, including errors from the thread of Node's loader. Executes no code of the value. */
const isError = (value: unknown): value is Error =>
  types.isNativeError(value) || (!types.isProxy(value) && value instanceof Error);

/** A value for messages: shortened, and without secrets. */
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

/** One line: `path: rule, got value; fix`. */
export const problemLine = ({ path, rule, got, fix }: Problem): string => `${path}: ${rule}, got ${show(got)}; ${fix}`;

/** Maximum lines of a report. */
const mostLines = 50;

/** All problems of one environment, one line each. */
export function problemReport(environment: string, problems: readonly Problem[]): string {
  const more = problems.length - mostLines;
  return [
    `config ${environment || '""'}: ${problems.length} ${problems.length === 1 ? "problem" : "problems"}`,
    ...problems.slice(0, mostLines).map((problem) => `  ${problemLine(problem)}`),
    ...(more > 0 ? [`  … and ${more} more`] : []),
  ].join("\n");
}
