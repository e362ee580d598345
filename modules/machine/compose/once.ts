import type { Config, Role, ServerConfig } from "../../config/schema.js";

/** Computes something once for each key of a configuration. */
function once<Subject, Result>(
  keyOf: (subject: Subject) => unknown,
  compute: (config: Config, subject: Subject) => Result,
): (config: Config, subject: Subject) => Result {
  const results = new WeakMap<Config, Map<unknown, Result>>();
  return (config, subject) => {
    const known = results.get(config) ?? new Map<unknown, Result>();
    results.set(config, known);
    const key = keyOf(subject);
    const result = known.get(key) ?? compute(config, subject);
    known.set(key, result);
    return result;
  };
}

/** Computes something once for each server of a configuration: user data, size, hash and review all read the same payload. */
export const oncePerServer = <Result>(compute: (config: Config, server: ServerConfig) => Result) =>
  once((server: ServerConfig) => server, compute);

/** Computes something once for all servers of a configuration that have the same roles. */
export const oncePerRoles = <Result>(compute: (config: Config, roles: readonly Role[]) => Result) =>
  once((roles: readonly Role[]) => roles.join(), compute);
