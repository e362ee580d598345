import { App } from "cdktf";
import { loadEnvironment, readInvocation, type ImportFile } from "../modules/config/load.js";
import { monitoringReview } from "../modules/review/monitoring.js";
import { applyPolicies } from "../modules/review/policies/index.js";
import { writeReview } from "../modules/review/index.js";
import { addStacks } from "./index.js";

/** One app run: the environment's configuration, its stacks, the JSON, the review. */
export async function synth(importFile: ImportFile): Promise<void> {
  const { environment, hasDatadogApiKey, terraform } = readInvocation();
  const config = await loadEnvironment(environment, importFile);
  const app = new App();
  addStacks(app, config, terraform);
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
