import type { EnvironmentInput } from "./schema.js";

/** Gives an environment file its type. */
export const defineEnvironment = (environment: EnvironmentInput): EnvironmentInput => environment;
