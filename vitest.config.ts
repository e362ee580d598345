import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["__tests__/**/*.test.ts"],
    exclude: ["__tests__/lab/**", "node_modules/**"],
    testTimeout: 20_000,
  },
});
