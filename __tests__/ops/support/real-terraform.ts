import { randomBytes } from "node:crypto";
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { arch, platform, tmpdir } from "node:os";
import { join } from "node:path";
import providerPackage from "../../../providers/hcloud/package.json" with { type: "json" };
import type { Config } from "../../../modules/config/schema.js";
import { synthesizeEnvironment, type StackName } from "../../support/environment.js";
import type { Synthesized } from "../../support/synth.js";
import { commandsIn } from "./commands.js";
import type { HetznerProject } from "./hetzner-project.js";

const stackNames: readonly StackName[] = ["foundation", "credentials", "servers", "edge"];

/** File name of the provider's program. */
export const provider = "terraform-provider-hcloud";

/**
 * Creates a provider mirror with the installed provider, and Terraform settings that use this mirror. @returns the path of the settings
 * file
 */
export function providerMirror(folder: string): string {
  const { version } = providerPackage;
  const system = `${platform()}_${arch() === "x64" ? "amd64" : arch()}`;
  const place = join(folder, "mirror/registry.terraform.io/hetznercloud/hcloud", version, system);
  mkdirSync(place, { recursive: true });
  const program = spawnSync("sh", ["-c", `command -v ${provider}`], { encoding: "utf8" }).stdout.trim();
  symlinkSync(program, join(place, `${provider}_v${version}`));
  const settings = join(folder, "terraformrc");
  writeFileSync(settings, `provider_installation {\n  filesystem_mirror { path = "${join(folder, "mirror")}" }\n}\n`);
  return settings;
}

/** Function that returns the JSON of each stack for an API with the address `url`. */
export type StacksFor = (url: string) => ReadonlyMap<StackName, string>;

const balancerTypes = ["hcloud_load_balancer", "hcloud_load_balancer_network", "hcloud_load_balancer_target"];

const only = <T>(all: Readonly<Record<string, T>> | undefined, wanted: readonly string[]): Record<string, T> =>
  Object.fromEntries(Object.entries(all ?? {}).filter(([key]) => wanted.includes(key)));

/** Removes Cloudflare's resources from a stack and replaces the credentials with constants. */
function trimmed(name: StackName, { terraform, resource, data, output, ...rest }: Synthesized): object {
  const providers = (terraform as { required_providers?: Record<string, object> }).required_providers;
  const settings = { ...terraform, required_providers: only(providers, ["hcloud"]) };
  if (name === "credentials") {
    const values = Object.keys(output ?? {}).map((key) => [key, { value: key, sensitive: true }]);
    return {
      terraform: settings,
      output: Object.fromEntries(values) as object,
      resource: { terraform_data: { one: {} } },
    };
  }
  if (name !== "edge") return { ...rest, terraform: settings, resource, data, output };
  return {
    terraform: settings,
    data: only(data, ["terraform_remote_state"]),
    resource: only(resource, balancerTypes),
  };
}

/** Synthesizes the stacks for an emulated Hetzner API. */
export function stacksFor(config: Config): StacksFor {
  const stacks = synthesizeEnvironment(config);
  const all = stackNames.map((name) => [name, trimmed(name, stacks[name])] as const);
  return (url) => {
    const hcloud = [{ token: "t".repeat(64), endpoint: url, poll_interval: "5ms" }];
    const provider = (name: StackName) => (name === "credentials" ? {} : { provider: { hcloud } });
    return new Map(all.map(([name, stack]) => [name, JSON.stringify({ ...stack, ...provider(name) }, null, 2)]));
  };
}

/** Options of {@link Checkout}. */
export interface CheckoutProps {
  /** Checkout whose state is copied. @default - no state */
  readonly from?: Checkout;
  /** Checkout whose state is shared. @default - the new checkout has a separate state */
  readonly sharesStateOf?: Checkout;
  /** Existing folder of the checkout. @default - a new temporary folder */
  readonly folder?: string;
}

/** The parts of a checkout that Terraform uses: the Terraform state, the folder of `npm run synth`, and the folder of a command. */
export class Checkout {
  readonly folder: string;

  constructor(
    private readonly url: string,
    { from, sharesStateOf, folder }: CheckoutProps = {},
  ) {
    this.folder = folder ?? mkdtempSync(join(tmpdir(), "checkout-"));
    const state = join(this.folder, "state");
    if (sharesStateOf) symlinkSync(join(sharesStateOf.folder, "state"), state);
    else mkdirSync(state, { recursive: true });
    if (from) cpSync(join(from.folder, "state"), state, { recursive: true });
  }

  /** Returns the folder in which `npm run synth` writes a stack. */
  stack(name: string): string {
    const place = join(this.folder, "cdktf.out/stacks", `production-${name}`);
    mkdirSync(place, { recursive: true });
    return place;
  }

  /** Writes stacks into a folder, like `npm run synth`. @param folder "cdktf.out" or the folder of a command */
  write(stacks: StacksFor, folder = "cdktf.out"): void {
    for (const [name, text] of stacks(this.url)) {
      const place = join(this.folder, folder, "stacks", `production-${name}`);
      mkdirSync(place, { recursive: true });
      writeFileSync(join(place, "cdk.tf.json"), text);
    }
  }

  /** Returns the folder of a command, and the function with which the command synthesizes its stacks. */
  own(stacks: StacksFor, name = "ops.out-1") {
    const synthesize = (): Promise<void> => Promise.resolve(this.write(stacks, name));
    return { stacks: join(this.folder, name, "stacks"), synthesize };
  }

  /** Lengthens each secret in the state by this number of random bytes, which cannot be compressed. */
  lengthenSecrets(by: number): void {
    const file = join(this.folder, "state/production-credentials.tfstate");
    writeFileSync(
      file,
      readFileSync(file, "utf8").replaceAll('"value": "', `"value": "${randomBytes(by).toString("base64")}`),
    );
  }

  /** Returns the address and id of each resource in the state, for example "hcloud_server.alpha 7". */
  state(): readonly string[] {
    interface State {
      readonly resources: readonly {
        mode: string;
        type: string;
        name: string;
        instances: { attributes: { id: string } }[];
      }[];
    }
    const place = join(this.folder, "state");
    // Terraform leaves an empty file if it is killed before its first write, and treats this file as an empty state.
    return readdirSync(place)
      .filter((file) => file.endsWith(".tfstate"))
      .map((file) => readFileSync(join(place, file), "utf8"))
      .flatMap((text) => (text === "" ? [] : (JSON.parse(text) as State).resources))
      .filter(({ mode }) => mode === "managed")
      .map(({ type, name, instances }) => `${type}.${name} ${instances[0]?.attributes.id}`);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Returns the process ids of all Terraform processes that run in a folder. */
export const terraformIn = (folder: string): readonly number[] =>
  readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(`-chdir=${folder}`);
      } catch {
        return false;
      }
    })
    .map(Number);

/** Deploys an environment into an empty project. @returns a checkout with the resulting state */
export async function deployInto(project: HetznerProject, config: Config): Promise<Checkout> {
  const checkout = new Checkout(project.url);
  const commands = commandsIn({
    ...{ config, url: project.url, replaced: "alpha", removed: "", handled: [] },
    ...{ own: checkout.own(stacksFor(config)), folder: (name: string) => checkout.stack(name) },
  });
  await commands["deploy"]?.();
  return checkout;
}
