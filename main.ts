import { App } from "cdktf";
import { loadEnvironment, readInvocation } from "./modules/config/load.js";
import { monitoringReview } from "./modules/monitoring/review.js";
import { applyPolicies } from "./modules/policies/index.js";
import { writeReview } from "./modules/review/index.js";
import { addStacks } from "./stacks/index.js";

// cdktf records a stack for every token; mapping them back to TypeScript would cost a third of the run.
process.setSourceMapsEnabled(false);

async function main(): Promise<void> {
  const { environment, hasDatadogApiKey } = readInvocation();
  const config = await loadEnvironment(environment);
  const app = new App();
  addStacks(app, config);
  const policies = applyPolicies(app, config);
  app.synth();
  writeReview({
    config,
    outdir: app.outdir,
    policies: policies(),
    hasDatadogApiKey,
    sections: monitoringReview(config),
  });
}

await main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
