import { existsSync } from "node:fs";
import { cp, mkdir, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { runToEnd, type Ended } from "../core/shell.js";
import type { Plan } from "./plan.js";

/** Longest plan and longest apply, in seconds: a server is made in one minute, and Hetzner is slow at times. */
const seconds = { init: 300, plan: 600, apply: 1200, output: 60 } as const;

/** A plan that was made and may be applied. */
export interface Planned {
  readonly plan: Plan;
  /** As Terraform shows it to a person, secrets masked. */
  readonly text: () => Promise<string>;
  /** @throws with Terraform's words */
  readonly apply: () => Promise<void>;
}

/** What {@link Stack.plan} may be told. */
export interface PlanProps {
  /** Address that is built anew. @default - none */
  readonly replace?: string;
  /** Takes no lock and changes nothing, for those who only look. @default false */
  readonly readOnly?: boolean;
  /** Addresses that it is limited to. @default - all */
  readonly targets?: readonly string[];
}

/** What to do about an error whose words do not tell it. */
function fixOf(said: string): string {
  if (/^spawn .* ENOENT$/m.test(said))
    return "\nIt is not installed; TERRAFORM_BINARY_NAME names another, such as tofu";
  return /Unsupported attribute/.test(said) && /terraform_remote_state/.test(said)
    ? "\nA stack before this one does not have this yet; deploy first: npm run ops deploy"
    : "";
}

/** Terraform or OpenTofu in the folder of one synthesized stack. */
export class Stack {
  constructor(
    private readonly binary: string,
    readonly folder: string,
    /** Folder of what `init` fetched. */
    private readonly data = join(folder, ".terraform"),
  ) {}

  /** Fetches providers and finds the state. @throws with Terraform's words */
  async init(): Promise<void> {
    if (!existsSync(join(this.folder, "cdk.tf.json")))
      throw new Error(`${this.folder}: is not there; run \`npm run synth\` with this ENVIRONMENT first`);
    await this.run(["init", "-input=false", "-no-color"], seconds.init);
  }

  /**
   * Makes a plan for as long as it is used: its file holds secrets, and is gone whether the plan was applied, failed or was only read.
   * @throws when it cannot be made, a `prevent_destroy` included; with Terraform's words
   */
  async plan<T>(
    { replace, readOnly = false, targets = [] }: PlanProps,
    use: (planned: Planned) => Promise<T> | T,
  ): Promise<T> {
    const file = join(this.folder, "ops.tfplan");
    const options = [
      ...(replace === undefined ? [] : [`-replace=${replace}`]),
      ...targets.map((address) => `-target=${address}`),
      ...(readOnly ? ["-lock=false"] : ["-lock-timeout=60s"]),
    ];
    try {
      await this.run(["plan", "-input=false", "-no-color", `-out=${resolve(file)}`, ...options], seconds.plan);
      const shown = await this.run(["show", "-json", resolve(file)], seconds.plan);
      return await use({
        plan: JSON.parse(shown) as Plan,
        text: () => this.run(["show", "-no-color", resolve(file)], seconds.plan),
        apply: async () => void (await this.run(["apply", "-input=false", "-no-color", resolve(file)], seconds.apply)),
      });
    } finally {
      await rm(file, { force: true });
    }
  }

  /** Addresses of everything in the state. */
  async addresses(): Promise<readonly string[]> {
    return (await this.run(["state", "list"], seconds.output)).split("\n").filter((line) => line !== "");
  }

  /** Values of the outputs by name; empty before the first deploy. In a fresh checkout, what `init` fetches is fetched first. */
  async outputs(): Promise<Readonly<Record<string, unknown>>> {
    if (!existsSync(join(this.data, "terraform.tfstate"))) await this.init();
    const outputs = JSON.parse(await this.run(["output", "-json"], seconds.output)) as Record<
      string,
      { value: unknown }
    >;
    return Object.fromEntries(Object.entries(outputs).map(([name, { value }]) => [name, value]));
  }

  /**
   * A copy of this stack beside it, with the same state, in which some attributes are overridden. The stack itself keeps saying what the
   * configuration says, whatever becomes of the run that uses the copy.
   */
  async overridden(override: object): Promise<Stack> {
    const folder = `${this.folder}-ops`;
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { mode: 0o700 });
    for (const file of ["cdk.tf.json", ".terraform.lock.hcl"])
      if (existsSync(join(this.folder, file))) await cp(join(this.folder, file), join(folder, file));
    await writeFile(join(folder, "ops_override.tf.json"), JSON.stringify(override, null, 2));
    return new Stack(this.binary, folder, this.data);
  }

  /** Removes the copy. */
  async discard(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }

  private async run(args: readonly string[], timeoutSeconds: number): Promise<string> {
    const ended: Ended = await runToEnd([this.binary, `-chdir=${this.folder}`, ...args], {
      timeoutSeconds,
      environment: { TF_IN_AUTOMATION: "1", TF_DATA_DIR: resolve(this.data) },
    });
    if (ended.ok) return ended.stdout;
    const said = ended.stderr || ended.stdout;
    throw new Error(`${this.binary} ${args[0]} in ${this.folder} failed:\n${said}${fixOf(said)}`);
  }
}
