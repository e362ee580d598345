import { App } from "cdktf";
import { loadEnvironment } from "./modules/config/load.js";
import { monitoringReview } from "./modules/monitoring/review.js";
import { applyPolicies } from "./modules/policies/index.js";
import { writeReview } from "./modules/review/index.js";
import { addStacks } from "./stacks/index.js";

const config = await loadEnvironment(process.env["ENVIRONMENT"] ?? "production");

const app = new App();
addStacks(app, config);
const policyResults = applyPolicies(app, config);
app.synth();

await writeReview({
  config,
  outdir: app.outdir,
  policies: policyResults(),
  hasDatadogApiKey: Boolean(process.env["TF_VAR_datadog_api_key"]),
  sections: monitoringReview(config),
});
