import type { Config } from "../../../modules/config/schema.js";
import { deploy } from "../../../ops/commands/deploy.js";
import { drift } from "../../../ops/commands/drift.js";
import { planAll } from "../../../ops/commands/plan.js";
import { Progress } from "../../../ops/core/progress.js";
import { HetznerApi } from "../../../ops/hetzner/api.js";
import { HetznerCloud } from "../../../ops/hetzner/cloud.js";
import { identify } from "../../../ops/hetzner/identify.js";
import { TerraformSecretStore } from "../../../ops/hetzner/secrets.js";
import { Stack, type OwnFolder } from "../../../ops/terraform/terraform.js";

/** Arguments of {@link commandsIn}. */
export interface Surroundings {
  readonly config: Config;
  /** Address of the emulated APIs of all vendors. */
  readonly url: string;
  /** Name of the server that the command `replace` replaces. */
  readonly replaced: string;
  /** Name of the server that the command `remove` removes. */
  readonly removed: string;
  /** Names of servers that may be missing in the Terraform state. */
  readonly handled: readonly string[];
  readonly own: Pick<OwnFolder, "stacks" | "synthesize">;
  /** Returns the folder of a stack. */
  readonly folder: (name: string) => string;
}

const quiet = (): void => undefined;

/** Returns the commands that create Terraform plans. Only the vendors' APIs are emulated. */
export function commandsIn(props: Surroundings): Readonly<Record<string, () => Promise<unknown>>> {
  const { config, url, handled, own } = props;
  const api = new HetznerApi({ token: "t", endpoint: url, pauseSeconds: 0.1 });
  const variables = { CLOUDFLARE_API_TOKEN: "t", CLOUDFLARE_BASE_URL: url };
  const handles = ({ type, name }: { readonly type: string; readonly name: string }): boolean =>
    type === "hcloud_server" && handled.includes(name);
  let identified: Promise<void> | undefined;
  const identifyOnce = (): Promise<void> => (identified ??= identify({ config, stacks, api, variables, handles }));
  const stacks: readonly Stack[] = ["foundation", "credentials", "servers", "edge"].map(
    (name) => new Stack("terraform", props.folder(name), { ...own, identify: identifyOnce }),
  );
  const [foundation, credentials, servers, edge] = stacks as [Stack, Stack, Stack, Stack];
  const parts = { config, foundation, credentials, servers, edge, synthesize: own.synthesize };
  const cloud = new HetznerCloud({ ...parts, api, secretDigests: {} });
  const replaced = config.servers.find(({ name }) => name === props.replaced) as Config["servers"][number];
  return {
    plan: () => planAll(stacks, quiet),
    drift: () => drift(stacks, quiet),
    deploy: () => deploy(stacks, {}, new Progress(quiet)),
    replace: async () => {
      await cloud.prepare(replaced, quiet);
      await cloud.replace(replaced, quiet);
    },
    remove: async () => {
      await cloud.prepareRemoval(props.removed, quiet);
      await cloud.remove(props.removed, quiet);
    },
    rotate: () => new TerraformSecretStore({ ...parts, variables }).make("edge-token", quiet),
  };
}
