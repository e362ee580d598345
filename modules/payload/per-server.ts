import type { Config, ServerConfig } from "../config/schema.js";

/** Computes something once for each server of a configuration: user data, size, hash and review all read the same payload. */
export function perServer<Result>(
  compute: (config: Config, server: ServerConfig) => Result,
): (config: Config, server: ServerConfig) => Result {
  const results = new WeakMap<Config, WeakMap<ServerConfig, Result>>();
  return (config, server) => {
    const known = results.get(config) ?? new WeakMap<ServerConfig, Result>();
    results.set(config, known);
    const result = known.get(server) ?? compute(config, server);
    known.set(server, result);
    return result;
  };
}
