import { defineConfig, mergeConfig } from "vitest/config";
import lab from "./vitest.lab.config.js";

/** What takes too long for every change: whole rollouts under load. */
export default mergeConfig(
  { ...lab, test: { ...lab.test, include: [], exclude: [] } },
  defineConfig({ test: { include: ["__tests__/lab/proof/**/*.test.ts"], testTimeout: 2_400_000 } }),
);
