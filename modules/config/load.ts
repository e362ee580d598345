import { environmentSchema, type Config, type EnvironmentInput } from "./schema.js";

/**
 * Checks an environment and fills in its defaults.
 * @throws Error that lists every problem at once: path, rule, value and fix.
 */
export function checkEnvironment(environment: string, input: EnvironmentInput): Config {
  const { servers, protect, ...rest } = environmentSchema.parse(input);
  return {
    ...rest,
    environment,
    protect: protect ?? environment === "production",
    servers: Object.entries(servers).map(([name, server]) => ({
      name,
      ...server,
      type: server.type ?? rest.serverType,
    })),
  };
}

/** Loads `environments/<name>.ts`. @throws Error when there is no such file or it has problems. */
export async function loadEnvironment(name: string): Promise<Config> {
  const module = (await import(`../../environments/${name}.ts`)) as { default: EnvironmentInput };
  return checkEnvironment(name, module.default);
}
