import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { TerraformStack } from "cdktf";
import type { Config } from "../../modules/config/schema.js";
import { policyResults, refuseViolations } from "../../modules/review/policies/index.js";
import { addStacks } from "../../stacks/index.js";
import { parse, withApp, type Synthesized } from "./synth.js";

/** Names of the stacks with resources at Hetzner and Cloudflare. */
export type StackName = "foundation" | "credentials" | "servers" | "edge";

/** Synthesizes all stacks of an environment and checks the policies, like main.ts. @throws Error if a policy is violated */
export function synthesizeEnvironment(config: Config): Record<StackName, Synthesized> {
  return withApp((app) => {
    const stacks = addStacks(app, config);
    refuseViolations(policyResults(app, config));
    app.synth();
    const read = ({ node }: TerraformStack): Synthesized =>
      parse(readFileSync(join(app.outdir, "stacks", node.id, "cdk.tf.json"), "utf8"));
    return {
      foundation: read(stacks.foundation),
      credentials: read(stacks.credentials),
      servers: read(stacks.servers),
      edge: read(stacks.edge),
    };
  });
}
