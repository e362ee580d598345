import type { EnvironmentInput } from "./schema.js";

/** Declares an environment. The editor and the compiler check its type. */
export const defineEnvironment = (environment: EnvironmentInput): EnvironmentInput => environment;
