import { withRanges } from "./addresses.js";
import { toProblems } from "./issues.js";
import { problemReport, type Problem } from "./problem.js";
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

const isObject = (input: unknown): input is Record<string, unknown> => typeof input === "object" && input !== null;

const notAnEnvironment = (input: unknown): Problem => ({
  path: "default export",
  rule: "must be an environment",
  got: input,
  fix: "write `export default defineEnvironment({ … })`",
});

/** Sections without a problem of their own, defaults filled in. */
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

/** Everything that is wrong with an environment: first in each setting by itself, then between settings. */
export function findProblems(environment: string, input: unknown): readonly Problem[] {
  if (!isObject(input)) return [notAnEnvironment(input)];
  const issues = environmentSchema.safeParse(input).error?.issues ?? [];
  const broken = new Set(issues.map((issue) => issue.path[0]));
  const sections = { ...soundSections(input, broken), environment };
  const isSound = (key: keyof Checked): boolean => !broken.has(key);
  return [
    ...nameProblems(environment),
    ...issues.flatMap((issue) => toProblems(issue, input, keysBelow)),
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
  const { servers, protect, network, ...rest } = environmentSchema.parse(input);
  return deepFreeze({
    ...rest,
    environment,
    protect: protect ?? environment === "production",
    network: withRanges(network),
    servers: Object.entries(servers).map(([name, server]) => ({
      name,
      ...server,
      roles: roles.filter((role) => server.roles.includes(role)),
      type: server.type ?? rest.serverType,
    })),
  });
}
