import { defineConfig, mergeConfig } from "vitest/config";
import lab from "./vitest.lab.config.js";

/** Long tests, such as whole rollouts under load, that do not run for every change. */
export default mergeConfig(
  { ...lab, test: { ...lab.test, include: [], exclude: [] } },
  defineConfig({ test: { include: ["__tests__/lab/proof/**/*.test.ts"], testTimeout: 2_400_000 } }),
);
