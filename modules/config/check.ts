import type { z } from "zod";
import { withRanges } from "./addresses.js";
import { pathText, toProblems } from "./issues.js";
import { strangeKind } from "./kinds.js";
import { plainCopy } from "./plain.js";
import { problemReport, type Problem } from "./problem.js";
import { releaseUrl } from "./release.js";
import { rules, type Checked } from "./rules/index.js";
import { environmentSchema, roles, type Config, type EnvironmentInput, type Sections } from "./schema.js";
import { keysBelow } from "./settings.js";

/** Environment names are part of labels and stack names: short, lower case. */
const environmentName = /^[a-z][a-z0-9-]{0,18}[a-z0-9]$/;

const nameProblems = (environment: string): readonly Problem[] =>
  environmentName.test(environment)
    ? []
    : [
        {
          path: "environment",
          rule: "must be a name of 2 to 20 lower-case letters, digits and hyphens, beginning with a letter",
          got: environment,
          fix: "rename the file under environments/",
        },
      ];

/** The problem of a file whose default export is not an object: for example a function, a promise or nothing. */
function notAnEnvironment(input: unknown): Problem {
  const kind = strangeKind(input);
  return {
    path: "default export",
    rule: "must be an environment",
    got: input,
    fix: `${kind ? `${kind.fix}: ` : "write "}\`export default defineEnvironment({ … })\``,
  };
}

const isEnvironment = (input: unknown): input is object =>
  typeof input === "object" && input !== null && !Array.isArray(input) && !strangeKind(input);

/** Valid sections, with defaults filled in. */
function soundSections(
  input: Record<string, unknown>,
  broken: ReadonlySet<PropertyKey | undefined>,
): Partial<Sections> {
  return Object.fromEntries(
    Object.entries(environmentSchema.shape)
      .filter(([key]) => !broken.has(key))
      .map(([key, schema]) => [key, schema.parse(input[key])]),
  );
}

/** Whether a path equals the other path or is below it. */
const liesIn = (path: readonly PropertyKey[], other: readonly PropertyKey[]): boolean =>
  other.every((key, index) => path[index] === key);

/** Whether the issue is zod's limit for whole numbers. Every setting has a stricter limit, which reports the number too. */
const isBeyondCounting = (issue: z.core.$ZodIssue): boolean =>
  (issue.code === "too_big" && issue.maximum === Number.MAX_SAFE_INTEGER) ||
  (issue.code === "too_small" && issue.minimum === Number.MIN_SAFE_INTEGER);

/** Issues of the schema. For a value of the wrong type, only the type is reported, because its length has no meaning. */
function issuesOf(plain: unknown) {
  const issues = environmentSchema.safeParse(plain).error?.issues ?? [];
  const misplaced = new Set(issues.filter(({ code }) => code === "invalid_type").map(({ path }) => pathText(path)));
  return issues.filter(
    (issue) => issue.code === "invalid_type" || !(misplaced.has(pathText(issue.path)) || isBeyondCounting(issue)),
  );
}

/** All problems of an environment: first invalid settings, then violated rules between valid settings. */
export function findProblems(environment: string, input: unknown): readonly Problem[] {
  if (!isEnvironment(input)) return [notAnEnvironment(input)];
  const { plain, strange } = plainCopy(input);
  // The object itself has too many keys, so nothing was copied.
  if (plain === undefined) return strange.map((one) => ({ ...one, path: "default export" }));
  const issues = issuesOf(plain).filter(({ path }) => !strange.some((other) => liesIn(path, other.path)));
  const broken = new Set([...strange, ...issues].map(({ path }) => path[0]));
  const sections = { ...soundSections(plain as Record<string, unknown>, broken), environment };
  const isSound = (key: keyof Checked): boolean => !broken.has(key);
  return [
    ...nameProblems(environment),
    ...strange.map((one) => ({ ...one, path: pathText(one.path) })),
    ...issues.flatMap((issue) => toProblems(issue, plain, keysBelow)),
    ...rules.filter((rule) => rule.needs.every(isSound)).flatMap((rule) => rule.check(sections as Checked)),
  ];
}

function deepFreeze<T>(value: T): T {
  if (typeof value === "object" && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    Object.values(value).forEach(deepFreeze);
  }
  return value;
}

/**
 * Checks an environment and fills in its defaults. The result is frozen.
 * @throws Error that lists every problem at once: path, rule, value and fix.
 */
export function checkEnvironment(environment: string, input: EnvironmentInput): Config {
  const problems = findProblems(environment, input);
  if (problems.length > 0) throw new Error(problemReport(environment, problems));
  const { application, servers, protect, network, certificate, ...rest } = environmentSchema.parse(
    plainCopy(input).plain,
  );
  return deepFreeze({
    ...rest,
    environment,
    application: { ...application, url: releaseUrl(application) },
    protect: protect ?? environment === "production",
    network: withRanges(network),
    certificate: { ...certificate, keyType: certificate.keyType ?? (rest.tls === "terminate" ? "rsa" : "ecdsa") },
    servers: Object.entries(servers).map(([name, server]) => ({
      name,
      ...server,
      roles: roles.filter((role) => server.roles.includes(role)),
      type: server.type ?? rest.serverType,
      location: server.location ?? rest.location,
    })),
  });
}
