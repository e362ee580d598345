import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

/** Tests that start servers or other languages' own tests, and wait for them. */
const programs = "__tests__/**/*.programs.test.ts";
const elsewhere = ["__tests__/lab/**", "node_modules/**"];

export default defineConfig({
  test: {
    projects: [
      { extends: true, test: { name: "unit", include: ["__tests__/**/*.test.ts"], exclude: [programs, ...elsewhere] } },
      { extends: true, test: { name: "programs", include: [programs], exclude: elsewhere } },
    ],
    // A busy machine takes many times as long; a test that hangs is told all the same.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Tests share no state through modules; loading the bindings anew for each file would cost more than all tests.
    isolate: false,
    // Many tests wait for programs: one worker more than there are processors, where vitest would leave one idle.
    maxWorkers: availableParallelism() + 1,
    globalSetup: "__tests__/support/run.ts",
    setupFiles: ["__tests__/support/setup.ts"],
  },
});
