import { types } from "node:util";
import type { z } from "zod";
import { withRanges } from "./addresses.js";
import { pathText, toProblems } from "./issues.js";
import { problemReport, type Problem } from "./problem.js";
import { releaseUrl } from "./release.js";
import { rules, type Checked } from "./rules/index.js";
import { environmentSchema, roles, type Config, type EnvironmentInput, type Sections } from "./schema.js";
import { keysBelow } from "./settings.js";

/** Valid name of an environment. The name must be short and lower case, because it is part of labels and stack names. */
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

/**
 * Returns the problem of an environment's file that does not export an object, but for example a function or a promise.
 */
const notAnEnvironment = (input: unknown): Problem => ({
  path: "default export",
  rule: "must be an environment",
  got: input,
  fix: `${types.isPromise(input) ? "write `await` before it: " : "write "}\`export default defineEnvironment({ … })\``,
});

const isEnvironment = (input: unknown): input is object =>
  typeof input === "object" && input !== null && !Array.isArray(input) && !types.isPromise(input);

/**
 * Matches invisible characters except line feed and tab: control characters, direction marks, line separators, halves
 * of surrogate pairs, and noncharacters. systemd ignores a line that contains a noncharacter.
 */
const invisible = /(?![\n\t])[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}\p{Noncharacter_Code_Point}]/u;

/**
 * Returns true if an object has the key `__proto__`, either as its own key or as its prototype. Zod ignores this key.
 */
function isNamedProto(value: object): boolean {
  const prototype = Object.getPrototypeOf(value) as object | null;
  return Object.hasOwn(value, "__proto__") || (prototype !== null && !Object.hasOwn(prototype, "constructor"));
}

/** Returns a problem for each text with an invisible character, and for each key `__proto__`. */
function unreadable(value: unknown, path: readonly PropertyKey[] = []): readonly Problem[] {
  if (typeof value === "object" && value !== null && path.length <= 10)
    return [
      ...(isNamedProto(value)
        ? [
            {
              path: pathText([...path, "__proto__"]),
              rule: "must not be used as a name, because JavaScript ignores it",
              got: "__proto__",
              fix: "choose another name",
            },
          ]
        : []),
      ...Object.entries(value).flatMap(([key, inner]) =>
        unreadable(inner, [...path, Array.isArray(value) ? Number(key) : key]),
      ),
    ];
  return typeof value === "string" && invisible.test(value)
    ? [{ path: pathText(path), rule: "must not contain invisible characters", got: value, fix: "type the text again" }]
    : [];
}

/** Returns the valid sections of an environment, with default values filled in. */
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

/**
 * Returns true if the issue reports zod's own limit for whole numbers. Every setting has a stricter limit, so another
 * issue also reports the number.
 */
const isBeyondCounting = (issue: z.core.$ZodIssue): boolean =>
  (issue.code === "too_big" && issue.maximum === Number.MAX_SAFE_INTEGER) ||
  (issue.code === "too_small" && issue.minimum === Number.MIN_SAFE_INTEGER);

/**
 * Returns the issues that zod finds. If a value has the wrong type, returns only the issue about the type, because
 * other checks of the value have no meaning.
 */
function issuesOf(input: unknown) {
  const issues = environmentSchema.safeParse(input).error?.issues ?? [];
  const misplaced = new Set(issues.filter(({ code }) => code === "invalid_type").map(({ path }) => pathText(path)));
  return issues.filter(
    (issue) => issue.code === "invalid_type" || !(misplaced.has(pathText(issue.path)) || isBeyondCounting(issue)),
  );
}

/**
 * Returns all problems of an environment: first invalid settings, then violations of the rules between valid settings.
 */
export function findProblems(environment: string, input: unknown): readonly Problem[] {
  if (!isEnvironment(input)) return [notAnEnvironment(input)];
  if (Object.keys(input).length > 1000)
    return [
      {
        path: "default export",
        rule: "must have at most 1000 entries",
        got: Object.keys(input).length,
        fix: "list only what is needed",
      },
    ];
  const lost = unreadable(input);
  const issues = issuesOf(input);
  const broken = new Set([...issues.map(({ path }) => path[0]), ...lost.map(({ path }) => path.split(".")[0])]);
  const sections = { ...soundSections(input as Record<string, unknown>, broken), environment };
  const isSound = (key: keyof Checked): boolean => !broken.has(key);
  return [
    ...nameProblems(environment),
    ...lost,
    ...issues
      .flatMap((issue) => toProblems(issue, input, keysBelow))
      .filter(({ path }) => !lost.some((other) => other.path === path)),
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
 * Checks an environment and adds the default values. The result is frozen.
 * @throws Error that lists all problems at once, each with path, rule, value and fix
 */
export function checkEnvironment(environment: string, input: EnvironmentInput): Config {
  const problems = findProblems(environment, input);
  if (problems.length > 0) throw new Error(problemReport(environment, problems));
  const { application, servers, protect, network, certificate, ...rest } = environmentSchema.parse(input);
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
