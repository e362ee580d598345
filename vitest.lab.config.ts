import { basename } from "node:path";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/**
 * Order of the test files: first the labs with other settings, so the lab changes its settings only twice; then the tests of freshly booted
 * machines; then all others by name; finally the removal of the lab.
 */
const order = [/locations/, /passthrough/, /boot\./, /^(?!.*down\.)/, /down\./];

class InOrder extends BaseSequencer {
  override sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const key = ({ moduleId }: TestSpecification): string => {
      const name = basename(moduleId);
      return `${order.findIndex((pattern) => pattern.test(name))} ${name}`;
    };
    return Promise.resolve([...files].sort((a, b) => key(a).localeCompare(key(b))));
  }
}

/** Tests on the lab's machines. There is only one lab, so the files run one after the other. */
export default defineConfig({
  test: {
    include: ["__tests__/lab/**/*.test.ts"],
    // Long tests with whole rollouts: npm run proof
    exclude: ["__tests__/lab/proof/**"],
    globalSetup: ["__tests__/support/run.ts", "__tests__/lab/support/alone.ts"],
    setupFiles: ["__tests__/support/setup.ts", "__tests__/lab/support/where-to-look.ts"],
    fileParallelism: false,
    isolate: false,
    sequence: { sequencer: InOrder },
    // Longer than all waits of a test, so a failed wait can report the last observed state.
    testTimeout: 600_000,
    hookTimeout: 1_500_000,
    reporters: ["verbose"],
  },
});
