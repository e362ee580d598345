/** Something wrong in a configuration. */
export interface Problem {
  /** Where, as it is written in the environment file: "servers.alpha.privateIp". */
  readonly path: string;
  /** What must hold, beginning with "must" or "is". */
  readonly rule: string;
  /** The offending value. */
  readonly got: unknown;
  /** What to do. */
  readonly fix: string;
}

const longest = 80;

/** A value as a message may show it: shortened, and without what must not reach a log. */
function show(value: unknown): string {
  if (value === undefined) return "nothing";
  const text = JSON.stringify(value).replace(/\/\/[^/@\s]*@/g, "//…@");
  if (text.includes("PRIVATE KEY")) return "a private key";
  return text.length > longest ? `${text.slice(0, longest)}…` : text;
}

/** One line: `path: rule, got value; fix`. */
export const problemLine = ({ path, rule, got, fix }: Problem): string => `${path}: ${rule}, got ${show(got)}; ${fix}`;

/** All problems of one environment, a line each. */
export const problemReport = (environment: string, problems: readonly Problem[]): string =>
  [
    `config ${environment}: ${problems.length} ${problems.length === 1 ? "problem" : "problems"}`,
    ...problems.map((problem) => `  ${problemLine(problem)}`),
  ].join("\n");
