/**
 * Mutations of TypeScript: `npx stryker run`, or of some files: `npx stryker run --mutate 'modules/config/rules/*.ts'`.
 * A run writes to .stryker-tmp/ and reports/mutation/, which git ignores.
 */
export default {
  testRunner: "vitest",
  vitest: { configFile: "vitest.config.ts" },
  // Rules and decisions. Texts of documentation and drawings are reviewed by people.
  mutate: [
    "modules/config/**/*.ts",
    "modules/derived/**/*.ts",
    "modules/credentials/**/*.ts",
    "modules/hetzner/**/*.ts",
    "modules/cloudflare/**/*.ts",
    "modules/machine/**/*.ts",
    "modules/review/policies/*.ts",
    "modules/datadog/**/*.ts",
    "stacks/*.ts",
  ],
  // Not the tests that start programs: they check the files of servers, and some need a git checkout, but Stryker uses a copy.
  testFiles: ["__tests__/**/!(*.programs).test.ts"],
  // A changed text of a message or description is not a fault that tests must detect.
  mutator: { excludedMutations: ["StringLiteral"] },
  coverageAnalysis: "perTest",
  // Module-level constants are read once for all tests of a worker.
  ignoreStatic: true,
  concurrency: 2,
  reporters: ["clear-text", "html", "progress-append-only"],
  thresholds: { high: 90, low: 80, break: 80 },
};
