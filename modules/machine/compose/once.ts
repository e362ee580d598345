import memoize from "memoize";
import type { Config, Role, ServerConfig } from "../../config/schema.js";

/**
 * Caches the results of a function of the configuration and a second argument. `keyOf` returns the cache key of the
 * second argument.
 */
export function once<Subject, Result>(
  keyOf: (subject: Subject) => unknown,
  compute: (config: Config, subject: Subject) => Result,
): (config: Config, subject: Subject) => Result {
  const computeFor = memoize(
    (config: Config) =>
      memoize((subject: Subject) => compute(config, subject), { cacheKey: ([subject]) => keyOf(subject) }),
    { cache: new WeakMap() },
  );
  return (config, subject) => computeFor(config)(subject);
}

/**
 * Caches the results of a function of one server, because user data, size, hash and review all use the same payload.
 */
export const oncePerServer = <Result>(compute: (config: Config, server: ServerConfig) => Result) =>
  once((server: ServerConfig) => server, compute);

/** Caches a function whose result is the same for all servers with the same roles. */
export const oncePerRoles = <Result>(compute: (config: Config, roles: readonly Role[]) => Result) =>
  once((roles: readonly Role[]) => roles.join(), compute);
