/**
 * Mutations of TypeScript: `npm run mutate typescript`, or of some files: `npm run mutate typescript -- --mutate modules/config/rules/*.ts`.
 * What is left of a run stands in .stryker-tmp/ and reports/mutation/, which git ignores.
 */
export default {
  testRunner: "vitest",
  vitest: { configFile: "vitest.config.ts" },
  // Rules and decisions; wording of documentation and drawings is looked at by people.
  mutate: [
    "modules/config/**/*.ts",
    "modules/credentials/**/*.ts",
    "modules/hetzner/**/*.ts",
    "modules/cloudflare/**/*.ts",
    "modules/machine/**/*.ts",
    "modules/review/policies/*.ts",
    "modules/datadog/**/*.ts",
    "stacks/*.ts",
  ],
  // Not those that start programs: they ask the files of servers, and some want a checkout, which the copy is not.
  testFiles: ["__tests__/**/!(*.programs).test.ts"],
  // Whether a test notices a changed text of a message or a description says nothing about the tests.
  mutator: { excludedMutations: ["StringLiteral"] },
  coverageAnalysis: "perTest",
  // Module-level constants are read once for all tests of a worker.
  ignoreStatic: true,
  concurrency: 2,
  reporters: ["clear-text", "html", "progress-append-only"],
  thresholds: { high: 90, low: 80, break: 80 },
};
