import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { paths } from "../../modules/platform/paths.js";
import { namespaceOf, type Layout } from "../layout.js";
import type { Host } from "../network/addresses.js";
import { isPartitioned, plugIn, type PrivateNetwork, removeHost, setPartitioned, unplug } from "../network/fabric.js";
import { ControlGroup } from "../system/control-group.js";
import { cleanEnvironment, Overlay } from "../system/overlay.js";
import { spawnInGroup } from "../system/service.js";
import { defaultTimeoutSeconds, run, tryRun, waitFor, type RunOptions, type RunResult } from "../system/shell.js";
import { writeWhole } from "../system/write-whole.js";
import { bootCommand } from "./boot-command.js";
import { userDataFile, writeSeed } from "./seed.js";
import { shutDownFileSystem, type Volume } from "./volume.js";

/** What a machine is made of. */
export interface MachineProps {
  /** Its name and its addresses. */
  readonly host: Host;
  /** Private network that it joins. */
  readonly network: PrivateNetwork;
  /** Directory tree its root disk starts as. */
  readonly baseRoot: string;
  /** What the cloud hands to it at its first boot; a tenth of a second's work, for whoever starts it. */
  readonly userData: () => string;
  /** Hash of what its user data is made from, likewise. It is kept beside the disk, as the provider keeps labels beside a server. */
  readonly payloadHash: () => string;
  /** What its payload and its balancer agree on, kept likewise. */
  readonly agreement: string;
  /** Public keys that may log in as root. */
  readonly sshKeys: readonly string[];
  /** Disk that outlives the machine. @default - none */
  readonly volume?: Volume;
}

/** What is known of a machine that was made, in the configuration or not. */
export interface Made {
  readonly host: Host;
  /** It has a data volume. */
  readonly stores: boolean;
}

const madeFile = (layout: Layout, name: string): string => path.join(layout.machine(name), "made.json");

/** What a machine and its balancer agreed on when it was made; `undefined` when it was not, or longer ago than this is kept. */
export const agreementOf = (layout: Layout, name: string): Promise<string | undefined> =>
  readFile(agreementFile(layout, name), "utf8").catch(() => undefined);

const agreementFile = (layout: Layout, name: string): string => path.join(layout.machine(name), "agreement");

/** Every machine that was made and not removed since. */
export async function machinesMade(layout: Layout): Promise<readonly Made[]> {
  const names = await readdir(path.dirname(layout.machine("any"))).catch(() => []);
  const found = await Promise.all(names.map((name) => readFile(madeFile(layout, name), "utf8").catch(() => undefined)));
  return found.flatMap((text) => (text === undefined ? [] : [JSON.parse(text) as Made]));
}

/** How cloud-init ended. */
export interface CloudInitStatus {
  /** `done`, `running`, `error`, … */
  readonly status: string;
  readonly errors: readonly string[];
  /** Messages by level, for example `WARNING`. */
  readonly recoverable: Readonly<Record<string, readonly string[]>>;
}

/** One server: its own Debian with its own systemd, disks and network, as a systemd-nspawn container. */
export class Machine {
  /** Name of the server in the configuration. */
  readonly name: string;
  /** Its addresses in the lab's networks. */
  readonly host: Host;
  private readonly group: ControlGroup;
  private readonly disk: Overlay;

  constructor(
    private readonly layout: Layout,
    private readonly props: MachineProps,
  ) {
    this.host = props.host;
    this.name = props.host.name;
    this.group = new ControlGroup(`machine-${this.name}`);
    this.disk = new Overlay(layout.machine(this.name), props.baseRoot);
  }

  /** Root of its disk, seen from this host; there while the lab is up, whether the machine runs or not. */
  get root(): string {
    return this.disk.root;
  }

  /** Whether it has a data volume. */
  get stores(): boolean {
    return this.props.volume !== undefined;
  }

  /** Switches it on; its disks are as it left them, or blank. Does nothing when it runs. */
  async start(): Promise<void> {
    if (await this.alive()) return;
    const { host, network, sshKeys, volume } = this.props;
    await this.disk.mount();
    if (!existsSync(this.seeded)) {
      await writeSeed(this.root, { host, network, userData: this.props.userData(), sshKeys });
      await writeFile(agreementFile(this.layout, this.name), this.props.agreement);
      await writeWhole(madeFile(this.layout, this.name), JSON.stringify({ host, stores: volume !== undefined }));
      // Last: one that is interrupted before is seeded anew.
      await writeWhole(this.seeded, this.props.payloadHash());
    }
    await this.group.create();
    // a power cut takes the state of the network with it: new namespace, new links
    await removeHost(host);
    await plugIn(host);
    const device = await volume?.attach();
    const binds = volume && device ? [`--bind=${device}:${volume.machineDevice}`] : [];
    await spawnInGroup(
      this.group,
      bootCommand({ name: this.name, root: this.root, namespace: namespaceOf(this.name), binds }),
      {
        logFile: this.consoleLog,
      },
    );
    await waitFor(`${this.name}: process 1`, async (see) => {
      see(`see ${this.consoleLog}`);
      return this.leader();
    });
  }

  /**
   * Power cut: its links go dark, what its volume has not been told to keep is lost, and every process ends, within one instant.
   * Nothing is announced to anyone: peers see silence, not resets.
   */
  async kill(): Promise<void> {
    await unplug(this.host);
    await this.dropUnwrittenData();
    await this.group.kill();
    await this.group.remove();
    await removeHost(this.host);
  }

  /** Every process ends at once, but the address still answers (with resets), as when the operating system kills them. */
  async crash(): Promise<void> {
    await this.group.remove();
  }

  /** Orderly shutdown, as the cloud's "power off" button gives. */
  async off(): Promise<void> {
    if (!(await this.alive())) return;
    await this.tryExec(["systemctl", "poweroff"]);
    await waitFor(
      `${this.name}: shutdown`,
      async (see) => {
        see(`it still runs; see ${this.consoleLog}`);
        return !(await this.alive());
      },
      { timeoutSeconds: 120 },
    );
    await this.group.remove();
    await removeHost(this.host);
  }

  /** Cuts it off the private network. What it sends and what is sent to it is dropped without an answer. */
  partition(): Promise<void> {
    return setPartitioned(this.host, true);
  }

  /** Joins it to the private network again. */
  heal(): Promise<void> {
    return setPartitioned(this.host, false);
  }

  /** Whether it is cut off the private network. */
  partitioned(): Promise<boolean> {
    return isPartitioned(this.host);
  }

  /** Replaces it by a machine that has never been on. @param keepVolume whether its data volume stays as it is */
  async wipe({ keepVolume = false } = {}): Promise<void> {
    await this.kill();
    await this.disk.remove();
    if (!keepVolume) await this.props.volume?.wipe();
  }

  /** Removes it for good, its data volume too. */
  async remove(): Promise<void> {
    await this.wipe();
    await rm(this.layout.machine(this.name), { recursive: true, force: true });
  }

  /**
   * Does something with the data volume while the machine is off.
   * @param action told where its file system is on this host
   * @throws Error for a machine that runs or has no volume
   */
  async withVolume<T>(action: (directory: string) => Promise<T>): Promise<T> {
    const { volume } = this.props;
    if (volume === undefined || (await this.alive())) throw new Error(`${this.name}: needs a volume, and to be off`);
    const directory = path.join(this.layout.state, `volume-${this.name}`);
    await mkdir(directory, { recursive: true });
    await run("mount", [await volume.attach(), directory]);
    try {
      return await action(directory);
    } finally {
      await run("umount", [directory]);
    }
  }

  /** Whether one of its processes runs. */
  alive(): Promise<boolean> {
    return this.group.alive();
  }

  /** User data that it was booted with; `undefined` when it has never been on. */
  async bootedWith(): Promise<string | undefined> {
    return readFile(path.join(this.root, userDataFile), "utf8").catch(() => undefined);
  }

  /** Hash of the payload that it was first booted with; `undefined` when it has never been on. */
  async payload(): Promise<string | undefined> {
    return readFile(this.seeded, "utf8").catch(() => undefined);
  }

  /** Notes that it has by now what a payload with this hash would bring. */
  async notePayload(hash: string): Promise<void> {
    await writeFile(this.seeded, hash);
  }

  /** Memory in bytes: what it cannot give back, and with page cache. */
  async memory(): Promise<{ anonymousBytes: number; totalBytes: number }> {
    return { anonymousBytes: await this.group.anonymousBytes(), totalBytes: await this.group.memoryBytes() };
  }

  /** Runs a command in the machine as root and returns its output; a failure is an error. */
  async exec(command: readonly [string, ...string[]], options: RunOptions = {}): Promise<string> {
    return run(...(await this.bounded(command, options)));
  }

  /** Runs a command in the machine as root and reports how it ended. */
  async tryExec(command: readonly [string, ...string[]], options: RunOptions = {}): Promise<RunResult> {
    return tryRun(...(await this.bounded(command, options)));
  }

  /** The command with a time limit that holds inside the machine: a limit outside would end nsenter and not the command. */
  private async bounded(
    command: readonly string[],
    { timeoutSeconds = defaultTimeoutSeconds, ...options }: RunOptions,
  ): Promise<[string, string[], RunOptions]> {
    const [program, ...args] = await this.enter(["timeout", "--kill-after=2", `${timeoutSeconds}`, ...command]);
    return [program, args, { ...options, timeoutSeconds: timeoutSeconds + 10 }];
  }

  /** The command on this host that runs `command` in the machine. @throws Error while the machine is off */
  async enter(command: readonly string[]): Promise<[string, ...string[]]> {
    const leader = await this.leader();
    if (leader === undefined)
      throw new Error(`${this.name}: is not running; start it with \`npm run lab start ${this.name}\``);
    return ["nsenter", "-t", leader, "-m", "-u", "-i", "-n", "-p", "-C", "env", "-i", ...cleanEnvironment, ...command];
  }

  /** State of cloud-init now, or `undefined` while it cannot tell. */
  async cloudInit(): Promise<CloudInitStatus | undefined> {
    const { stdout } = await this.tryExec(["cloud-init", "status", "--format", "json"], { timeoutSeconds: 20 });
    try {
      const {
        status,
        errors,
        recoverable_errors: recoverable,
      } = JSON.parse(stdout) as Record<string, unknown> & { status: string };
      return { status, errors: errors as string[], recoverable: recoverable as Record<string, string[]> };
    } catch {
      return undefined;
    }
  }

  /** Waits until cloud-init has ended, well or not. It is asked only then: it is slow to answer and would hold up the boot. */
  async waitForCloudInit(timeoutSeconds = 300): Promise<CloudInitStatus> {
    await waitFor(
      `${this.name}: cloud-init`,
      async (see) => {
        const leader = await this.leader();
        see(`${leader === undefined ? "no process 1" : "no result yet"}; see ${this.consoleLog}`);
        return leader !== undefined && existsSync(`/proc/${leader}/root/run/cloud-init/result.json`);
      },
      { timeoutSeconds, pauseSeconds: 0.5 },
    );
    return waitFor(`${this.name}: result of cloud-init`, async (see) => {
      const state = see(await this.cloudInit());
      return state !== undefined && state.status !== "running" ? state : undefined;
    });
  }

  /** Waits until server-setup has ended. @throws when it has not; the error holds the notice that the machine shows at every login */
  async waitForSetup(timeoutSeconds = 300): Promise<void> {
    const { complete, notice } = paths.setup;
    await waitFor(
      `${this.name}: setup`,
      (see) => {
        see(`its notice, which follows; see ${this.consoleLog}`);
        return existsSync(path.join(this.root, complete));
      },
      { timeoutSeconds, pauseSeconds: 0.5 },
    ).catch(async (error: unknown) => {
      throw new Error(`${String(error)}\n${(await this.tryExec(["cat", notice])).stdout}`);
    });
  }

  /** Label of the payload that the seed was written with; kept beside the disk so that a fresh disk gets a fresh seed. */
  private get seeded(): string {
    return path.join(this.layout.machine(this.name), "seeded");
  }

  /** What its console shows, since it was first switched on. */
  private get consoleLog(): string {
    return path.join(this.layout.logs, `${this.name}.console.log`);
  }

  /** Its process 1, as a pid of this host. */
  private async leader(): Promise<string | undefined> {
    const file = path.join(this.group.path, "system/payload/init.scope/cgroup.procs");
    const [first] = (await readFile(file, "utf8").catch(() => "")).split("\n");
    return first === "" ? undefined : first;
  }

  /**
   * Shuts the volume's file system down at once (ext4's shutdown call, journal not flushed), so that the next start finds only what was
   * synced to the disk. Otherwise the kernel would write out what the killed processes left in its cache.
   * @throws when it fails on a mounted volume: the rest would be a crash and not a power cut
   */
  private async dropUnwrittenData(): Promise<void> {
    const leader = await this.leader();
    if (leader === undefined || this.props.volume === undefined) return;
    const mounts = await readFile(`/proc/${leader}/mountinfo`, "utf8").catch(() => "");
    const point = mounts
      .split("\n")
      .find((line) => line.split(" ")[2]?.startsWith("7:") && line.includes(" - ext4 "))
      ?.split(" ")[4];
    if (point !== undefined)
      await run("nsenter", ["-t", leader, "-m", "python3", "-c", shutDownFileSystem, point], { timeoutSeconds: 5 });
  }
}
