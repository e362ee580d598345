import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Files in the order of their names, those of the passthrough mode first: the lab changes its mode once. */
class ByMode extends BaseSequencer {
  override sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const key = ({ moduleId }: TestSpecification): string => `${moduleId.includes("passthrough") ? 0 : 1}${moduleId}`;
    return Promise.resolve([...files].sort((a, b) => key(a).localeCompare(key(b))));
  }
}

/** The proof on real machines: one lab, so one file after the other. */
export default defineConfig({
  test: {
    include: ["__tests__/lab/**/*.test.ts"],
    globalSetup: "__tests__/lab/support/alone.ts",
    fileParallelism: false,
    isolate: false,
    sequence: { sequencer: ByMode },
    testTimeout: 300_000,
    hookTimeout: 600_000,
    reporters: ["verbose"],
  },
});
