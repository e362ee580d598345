import memoize from "memoize";
import type { Config, Role, ServerConfig } from "../../config/schema.js";

/** Computes something once for each key of a configuration. */
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

/** Computes something once for each server of a configuration: user data, size, hash and review all read the same payload. */
export const oncePerServer = <Result>(compute: (config: Config, server: ServerConfig) => Result) =>
  once((server: ServerConfig) => server, compute);

/** Computes something once for all servers of a configuration that have the same roles. */
export const oncePerRoles = <Result>(compute: (config: Config, roles: readonly Role[]) => Result) =>
  once((roles: readonly Role[]) => roles.join(), compute);
