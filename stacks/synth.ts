import { App } from "cdktf";
import { loadEnvironment, readInvocation, type ImportFile } from "../modules/config/load.js";
import { problemReport } from "../modules/config/problem.js";
import { restoreProblems } from "../modules/config/restore.js";
import { monitoringReview } from "../modules/review/monitoring.js";
import { policyResults, refuseViolations } from "../modules/review/policies/index.js";
import { writeReview } from "../modules/review/index.js";
import { encryptionProblems } from "../modules/terraform/encryption.js";
import { writeOutdir } from "../modules/terraform/outdir.js";
import { addStacks } from "./index.js";

/**
 * Synthesizes an environment: loads the configuration, creates the stacks, checks everything, then writes the JSON and the review.
 * @throws Error with all problems of the configuration, or with all violations of policies
 */
export async function synth(importFile?: ImportFile): Promise<void> {
  const { environment, hasDatadogApiKey, outdir, terraform } = readInvocation();
  const config = await loadEnvironment(environment, importFile);
  const today = new Date();
  const unfit = [...encryptionProblems(config, terraform), ...restoreProblems(config, today)];
  if (unfit.length > 0) throw new Error(problemReport(environment, unfit));
  writeOutdir(outdir, (folder) => {
    const app = new App({ outdir: folder });
    addStacks(app, config, terraform);
    const policies = policyResults(app, config);
    refuseViolations(policies);
    const sections = monitoringReview(config);
    app.synth();
    writeReview({ config, outdir: folder, policies, hasDatadogApiKey, today, sections });
  });
}
