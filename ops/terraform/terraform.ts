import { existsSync } from "node:fs";
import { cp, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { verifyLock } from "../core/lock.js";
import { isInterrupted, runToEnd, type Ended, type RunProps } from "../core/shell.js";
import type { Plan } from "./plan.js";

/** Time limits in seconds. An apply has no limit, because an interruption would leave an incomplete change. */
const seconds = { init: 300, plan: 600, output: 60 } as const;

/** A plan that can be applied. */
export interface Planned {
  readonly plan: Plan;
  /** Terraform's text of the plan, with secrets masked. */
  readonly text: () => Promise<string>;
  /** @param report receives Terraform's progress @throws with Terraform's message */
  readonly apply: (report?: (line: string) => void) => Promise<void>;
}

/** Options of {@link Stack.plan}. */
export interface PlanProps {
  /** Address of a resource to replace. @default - none */
  readonly replace?: string;
  /** Whether the state is not locked. For commands that change nothing. @default false */
  readonly readOnly?: boolean;
  /** Addresses to which the plan is limited. @default - all */
  readonly targets?: readonly string[];
}

/** Returns the fix for an error of Terraform, if the text of the error contains no fix. */
function fixOf(said: string): string {
  if (/^spawn .* ENOENT$/m.test(said))
    return "\nIt is not installed; to use another program, such as tofu, set TERRAFORM_BINARY_NAME";
  return /Unsupported attribute/.test(said) && /terraform_remote_state/.test(said)
    ? "\nAn earlier stack does not have this output yet; deploy it first: npm run ops deploy"
    : "";
}

/** Matches the lines of an apply that are shown: the start and the end of each change, and running changes once a minute. */
const progressLine = /^\S+: (?!Refreshing|Still )|^\S+: Still .*\[(\d+h)?\d+m0s elapsed/;

/** Folder into which one process synthesizes, so that all its plans use the same configuration. */
export interface OwnFolder {
  /** Folder of the synthesized stacks. */
  readonly stacks: string;
  /** Synthesizes the stacks at the first call. Further calls wait for the first call. @throws Error if the configuration has problems */
  readonly synthesize: () => Promise<void>;
  /**
   * Compares the vendors' projects with the state, once, before the first plan. @throws Error if a project and the state do not belong
   * together
   */
  readonly identify: () => Promise<void>;
}

/** A resource in the state. */
export interface StateResource {
  /** Address, such as "hcloud_server.alpha". */
  readonly address: string;
  readonly type: string;
  readonly attributes: Readonly<Record<string, unknown>>;
}

interface StateFile {
  readonly resources?: readonly {
    readonly mode: string;
    readonly type: string;
    readonly name: string;
    readonly instances: readonly {
      readonly index_key?: string | number;
      readonly attributes?: StateResource["attributes"];
    }[];
  }[];
}

/** Runs Terraform or OpenTofu in the folder of one synthesized stack. */
export class Stack {
  private initialized: Promise<void> | undefined;

  /**
   * @param folder folder into which `npm run synth` writes the stack and Terraform installs providers
   * @param own folder of this process for plans @default - plans are created in `folder`
   */
  constructor(
    private readonly binary: string,
    readonly folder: string,
    private readonly own?: OwnFolder,
    private readonly data = join(folder, ".terraform"),
  ) {}

  /** Name of the stack, such as "production-servers". */
  get name(): string {
    return basename(this.folder);
  }

  /** Installs providers and configures the backend, once. @throws Error with Terraform's message */
  init(): Promise<void> {
    return (this.initialized ??= this.initialize());
  }

  private async initialize(): Promise<void> {
    await this.own?.synthesize();
    await this.installProviders();
  }

  private async installProviders(): Promise<void> {
    if (!existsSync(join(this.place, "cdk.tf.json")))
      throw new Error(`${this.folder}: does not exist; run \`npm run synth\` with this ENVIRONMENT first`);
    const [kept, used] = [this.folder, this.place].map((folder) => join(folder, ".terraform.lock.hcl")) as [
      string,
      string,
    ];
    const isOwn = kept !== used;
    if (isOwn && existsSync(kept)) await cp(kept, used);
    await this.run(["init", "-input=false", "-no-color"], { timeoutSeconds: seconds.init });
    if (!isOwn || !existsSync(used)) return;
    await mkdir(this.folder, { recursive: true });
    await cp(used, kept);
  }

  /** Folder in which Terraform runs. After the synthesis, this is the folder of this process. */
  private get place(): string {
    const place = this.own && join(this.own.stacks, this.name);
    return place !== undefined && existsSync(join(place, "cdk.tf.json")) ? place : this.folder;
  }

  /**
   * Creates a plan, calls a function with it, and removes the file of the plan, because it contains secrets.
   * @throws Error with Terraform's message if the plan cannot be created, for example because of `prevent_destroy`
   */
  async plan<T>(
    { replace, readOnly = false, targets = [] }: PlanProps,
    use: (planned: Planned) => Promise<T> | T,
  ): Promise<T> {
    await this.own?.synthesize();
    await this.own?.identify();
    const file = join(this.place, "ops.tfplan");
    const options = [
      ...(replace === undefined ? [] : [`-replace=${replace}`]),
      ...targets.map((address) => `-target=${address}`),
      ...(readOnly ? ["-lock=false"] : ["-lock-timeout=60s"]),
    ];
    const limit = { timeoutSeconds: seconds.plan };
    try {
      await this.run(["plan", "-input=false", "-no-color", `-out=${resolve(file)}`, ...options], limit);
      const shown = await this.run(["show", "-json", resolve(file)], limit);
      return await use({
        plan: JSON.parse(shown) as Plan,
        text: () => this.run(["show", "-no-color", resolve(file)], limit),
        apply: async (report) => {
          await verifyLock();
          await this.run(["apply", "-input=false", "-no-color", resolve(file)], {
            report: (line) => (progressLine.test(line) ? report?.(line) : undefined),
          });
        },
      });
    } finally {
      await rm(file, { force: true });
    }
  }

  /** Reads the synthesized JSON. */
  async configuration(): Promise<string> {
    await this.own?.synthesize();
    return readFile(join(this.place, "cdk.tf.json"), "utf8");
  }

  /** Returns the managed resources in the state. */
  async resources(): Promise<readonly StateResource[]> {
    const text = await this.run(["state", "pull"], { timeoutSeconds: seconds.output });
    const { resources = [] } = (text.trim() === "" ? {} : JSON.parse(text)) as StateFile;
    return resources
      .filter(({ mode }) => mode === "managed")
      .flatMap(({ type, name, instances }) =>
        instances.map(({ index_key: index, attributes = {} }) => ({
          address: `${type}.${name}${index === undefined ? "" : `[${JSON.stringify(index)}]`}`,
          type,
          attributes,
        })),
      );
  }

  /** Returns the addresses of everything in the state. */
  async addresses(): Promise<readonly string[]> {
    return (await this.run(["state", "list"], { timeoutSeconds: seconds.output }))
      .split("\n")
      .filter((line) => line !== "");
  }

  /** Returns the values of the outputs by name; empty before the first deploy. In a new checkout, providers are installed first. */
  async outputs(): Promise<Readonly<Record<string, unknown>>> {
    if (!existsSync(join(this.data, "terraform.tfstate"))) await this.installProviders();
    const outputs = JSON.parse(await this.run(["output", "-json"], { timeoutSeconds: seconds.output })) as Record<
      string,
      { value: unknown }
    >;
    return Object.fromEntries(Object.entries(outputs).map(([name, { value }]) => [name, value]));
  }

  /** Creates a copy of this stack with the same state and some overridden attributes. The stack itself keeps its configuration. */
  async overridden(override: object): Promise<Stack> {
    await this.own?.synthesize();
    const { place } = this;
    const folder = `${place}-ops`;
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { mode: 0o700 });
    for (const file of ["cdk.tf.json", ".terraform.lock.hcl"])
      if (existsSync(join(place, file))) await cp(join(place, file), join(folder, file));
    await writeFile(join(folder, "ops_override.tf.json"), JSON.stringify(override, null, 2));
    // The copy needs no synthesis, because its configuration already exists.
    const own = this.own && { ...this.own, stacks: dirname(folder), synthesize: () => Promise.resolve() };
    return new Stack(this.binary, folder, own, this.data);
  }

  /** Removes the folder of a copy. */
  async discard(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }

  /** Runs Terraform. It is interrupted at most once and never killed, so that it saves its state and releases its lock. */
  private async run(args: readonly string[], limits: Pick<RunProps, "timeoutSeconds" | "report">): Promise<string> {
    const { place } = this;
    const ended: Ended = await runToEnd([this.binary, `-chdir=${place}`, ...args], {
      ...limits,
      graceful: true,
      environment: { TF_IN_AUTOMATION: "1", TF_DATA_DIR: resolve(this.data) },
    });
    if (ended.ok) return ended.stdout;
    const said = ended.stderr || ended.stdout;
    const reason = isInterrupted() ? "was interrupted and has saved its state; run the same command again" : "failed";
    throw new Error(`${this.binary} ${args[0]} in ${place} ${reason}:\n${said}${fixOf(said)}`);
  }
}
