import { basename } from "node:path";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/**
 * Files of the passthrough mode first, so that the lab changes its mode once; then the machines as they were first booted; at the end what
 * takes them down. The others in the order of their names.
 */
const order = [/passthrough/, /boot\./, /^(?!.*down\.)/, /down\./];

class InOrder extends BaseSequencer {
  override sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const key = ({ moduleId }: TestSpecification): string => {
      const name = basename(moduleId);
      return `${order.findIndex((pattern) => pattern.test(name))} ${name}`;
    };
    return Promise.resolve([...files].sort((a, b) => key(a).localeCompare(key(b))));
  }
}

/** The proof on real machines: one lab, so one file after the other. */
export default defineConfig({
  test: {
    include: ["__tests__/lab/**/*.test.ts"],
    // whole rollouts: npm run proof
    exclude: ["__tests__/lab/proof/**"],
    globalSetup: ["__tests__/support/run.ts", "__tests__/lab/support/alone.ts"],
    setupFiles: ["__tests__/support/setup.ts", "__tests__/lab/support/where-to-look.ts"],
    fileParallelism: false,
    isolate: false,
    sequence: { sequencer: InOrder },
    // Above the sum of what they wait for, so that the wait says what was missing.
    testTimeout: 600_000,
    hookTimeout: 1_500_000,
    reporters: ["verbose"],
  },
});
