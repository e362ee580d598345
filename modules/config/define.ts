import type { EnvironmentInput } from "./schema.js";

/** Types an environment file. */
export const defineEnvironment = (environment: EnvironmentInput): EnvironmentInput => environment;
