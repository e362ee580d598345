import type { EnvironmentInput } from "./environment-input.js";

/** Types an environment file. */
export const defineEnvironment = (environment: EnvironmentInput): EnvironmentInput => environment;
