import { defineConfig } from "vitest/config";

/** The proof on real machines: one lab, so one file after the other, in the order of their names. */
export default defineConfig({
  test: {
    include: ["__tests__/lab/**/*.test.ts"],
    fileParallelism: false,
    sequence: { shuffle: false },
    testTimeout: 300_000,
    hookTimeout: 600_000,
    reporters: ["verbose"],
  },
});
