import { App } from "cdktf";
import { loadEnvironment } from "./modules/config/load.js";
import { applyPolicies } from "./modules/policies/index.js";
import { writeReview } from "./modules/review/index.js";
import { CredentialsStack } from "./stacks/credentials.js";
import { EdgeStack } from "./stacks/edge.js";
import { FoundationStack } from "./stacks/foundation.js";
import { ServersStack } from "./stacks/servers.js";

const config = await loadEnvironment(process.env["ENVIRONMENT"] ?? "production");

const app = new App();
const foundation = new FoundationStack(app, { config });
const credentials = new CredentialsStack(app, { config });
const servers = new ServersStack(app, { config, foundation, credentials });
new EdgeStack(app, { config, foundation, credentials, servers });

const policyResults = applyPolicies(app, config);
app.synth();
await writeReview({
  config,
  outdir: app.outdir,
  policies: policyResults(),
  hasDatadogApiKey: Boolean(process.env["TF_VAR_datadog_api_key"]),
});
