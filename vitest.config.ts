import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["__tests__/**/*.test.ts"],
    exclude: ["__tests__/lab/**", "node_modules/**"],
    testTimeout: 20_000,
    // Tests share no state through modules; loading the bindings anew for each file would cost more than all tests.
    isolate: false,
    // Many tests wait for programs: one worker more than there are processors, where vitest would leave one idle.
    maxWorkers: availableParallelism() + 1,
    setupFiles: ["__tests__/support/setup.ts"],
  },
});
