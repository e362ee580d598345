import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

/** Tests that start servers, or the test suites of other languages, and wait for them. */
const programs = "__tests__/**/*.programs.test.ts";
const elsewhere = ["__tests__/lab/**", "node_modules/**"];

export default defineConfig({
  test: {
    projects: [
      { extends: true, test: { name: "unit", include: ["__tests__/**/*.test.ts"], exclude: [programs, ...elsewhere] } },
      { extends: true, test: { name: "programs", include: [programs], exclude: elsewhere } },
    ],
    // Long enough for a busy machine, and short enough to report a test that hangs.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Tests share no state through modules. Loading the bindings again for each file would take longer than all tests.
    isolate: false,
    // Many tests wait for programs, so there is one worker more than processors; vitest's default leaves one processor idle.
    maxWorkers: availableParallelism() + 1,
    globalSetup: "__tests__/support/run.ts",
    setupFiles: ["__tests__/support/setup.ts"],
  },
});
