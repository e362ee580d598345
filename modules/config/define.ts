import type { EnvironmentInput } from "./environment-input.js";

/** Gives an environment file its type. */
export const defineEnvironment = (environment: EnvironmentInput): EnvironmentInput => environment;
