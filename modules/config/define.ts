import type { EnvironmentInput } from "./schema.js";

/** Gives an environment's file its type, so that the editor and the compiler check it. */
export const defineEnvironment = (environment: EnvironmentInput): EnvironmentInput => environment;
