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

/** Properties of a machine. */
export interface MachineProps {
  /** Name and addresses of the machine. */
  readonly host: Host;
  /** Private network of the machine. */
  readonly network: PrivateNetwork;
  /** Directory tree with the initial content of the root disk. */
  readonly baseRoot: string;
  /** Returns the user data for the machine's first boot. Only the first start calls this function, because it takes 0.1 s. */
  readonly userData: () => string;
  /** Returns the payload's hash. The first start stores the hash next to the disk, like a server's label at the provider. */
  readonly payloadHash: () => string;
  /** Load balancer contract of the machine's payload. The first start stores the contract next to the disk. */
  readonly agreement: string;
  /** Public keys that are allowed to log in as root. */
  readonly sshKeys: readonly string[];
  /** Data volume. A replacement of the machine keeps the data volume. @default - none */
  readonly volume?: Volume;
}

/** Stored data of a created machine. The data remain after the machine is removed from the configuration. */
export interface StoredMachine {
  readonly host: Host;
  /** True if the machine has a data volume. */
  readonly stores: boolean;
}

const madeFile = (layout: Layout, name: string): string => path.join(layout.machine(name), "made.json");

/** Returns the load balancer contract with which a machine was created; `undefined` if no contract is stored. */
export const agreementOf = (layout: Layout, name: string): Promise<string | undefined> =>
  readFile(agreementFile(layout, name), "utf8").catch(() => undefined);

const agreementFile = (layout: Layout, name: string): string => path.join(layout.machine(name), "agreement");

/** Returns all created machines that were not removed. */
export async function machinesMade(layout: Layout): Promise<readonly StoredMachine[]> {
  const names = await readdir(path.dirname(layout.machine("any"))).catch(() => []);
  const found = await Promise.all(names.map((name) => readFile(madeFile(layout, name), "utf8").catch(() => undefined)));
  return found.flatMap((text) => (text === undefined ? [] : [JSON.parse(text) as StoredMachine]));
}

/** Result of cloud-init. */
export interface CloudInitStatus {
  /** Status, for example `done`, `running` or `error`. */
  readonly status: string;
  readonly errors: readonly string[];
  /** Messages about recoverable errors, with the level as the key, for example `WARNING`. */
  readonly recoverable: Readonly<Record<string, readonly string[]>>;
}

/** One emulated server. A machine is a systemd-nspawn container with a separate Debian, systemd, disks and network. */
export class Machine {
  /** Name of the server in the configuration. */
  readonly name: string;
  /** Name and addresses of the machine in the lab's networks. */
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

  /** Path of the machine's root disk on this host. The root disk is also available while the machine is off. */
  get root(): string {
    return this.disk.root;
  }

  /** True if the machine has a data volume. */
  get stores(): boolean {
    return this.props.volume !== undefined;
  }

  /** Starts the machine. Creates missing disks and keeps existing disks. Does nothing if the machine is running. */
  async start(): Promise<void> {
    if (await this.alive()) return;
    const { host, network, sshKeys, volume } = this.props;
    await this.disk.mount();
    if (!existsSync(this.seeded)) {
      await writeSeed(this.root, { host, network, userData: this.props.userData(), sshKeys });
      await writeFile(agreementFile(this.layout, this.name), this.props.agreement);
      await writeWhole(madeFile(this.layout, this.name), JSON.stringify({ host, stores: volume !== undefined }));
      // This file must be the last file, so that after an interruption the next start creates the seed again.
      await writeWhole(this.seeded, this.props.payloadHash());
    }
    await this.group.create();
    // Each start creates a new namespace and new links, because a real power cut also loses the network state.
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
   * Simulates a power cut: disconnects the machine's links, discards unsynced data of the volume and ends every process at nearly the same
   * time.
   * Other hosts receive no packets from the machine, not even connection resets.
   */
  async kill(): Promise<void> {
    await unplug(this.host);
    await this.dropUnwrittenData();
    await this.group.kill();
    await this.group.remove();
    await removeHost(this.host);
  }

  /** Ends every process at once. The machine's address still rejects connections, as if the operating system had killed the processes. */
  async crash(): Promise<void> {
    await this.group.remove();
  }

  /** Shuts the machine down cleanly, like the "power off" button of the cloud console. */
  async off(): Promise<void> {
    if (!(await this.alive())) return;
    await this.tryExec(["systemctl", "poweroff"]);
    await waitFor(
      `${this.name}: shutdown`,
      async (see) => {
        see(`still running; see ${this.consoleLog}`);
        return !(await this.alive());
      },
      { timeoutSeconds: 120 },
    );
    await this.group.remove();
    await removeHost(this.host);
  }

  /** Disconnects the machine from the private network. The router silently drops packets in both directions. */
  partition(): Promise<void> {
    return setPartitioned(this.host, true);
  }

  /** Reconnects the machine to the private network. */
  heal(): Promise<void> {
    return setPartitioned(this.host, false);
  }

  /** Checks whether the machine is disconnected from the private network. */
  partitioned(): Promise<boolean> {
    return isPartitioned(this.host);
  }

  /** Replaces the machine with a new machine that is off. @param keepVolume true to keep the data volume */
  async wipe({ keepVolume = false } = {}): Promise<void> {
    await this.kill();
    await this.disk.remove();
    if (!keepVolume) await this.props.volume?.wipe();
  }

  /** Removes the machine permanently, including the data volume. */
  async remove(): Promise<void> {
    await this.wipe();
    await rm(this.layout.machine(this.name), { recursive: true, force: true });
  }

  /**
   * Mounts the data volume and runs an action while the machine is off.
   * @param action function that receives the mount point on this host
   * @throws Error if the machine is running or has no data volume
   */
  async withVolume<T>(action: (directory: string) => Promise<T>): Promise<T> {
    const { volume } = this.props;
    if (volume === undefined || (await this.alive()))
      throw new Error(`${this.name}: must be off and must have a data volume`);
    const directory = path.join(this.layout.state, `volume-${this.name}`);
    await mkdir(directory, { recursive: true });
    await run("mount", [await volume.attach(), directory]);
    try {
      return await action(directory);
    } finally {
      await run("umount", [directory]);
    }
  }

  /** Checks whether any process of the machine is running. */
  alive(): Promise<boolean> {
    return this.group.alive();
  }

  /** Returns the user data of the machine's first boot; `undefined` if the machine was never started. */
  async bootedWith(): Promise<string | undefined> {
    return readFile(path.join(this.root, userDataFile), "utf8").catch(() => undefined);
  }

  /** Returns the stored payload hash; `undefined` if the machine was never started. */
  async payload(): Promise<string | undefined> {
    return readFile(this.seeded, "utf8").catch(() => undefined);
  }

  /** Stores the hash of another payload that the machine now corresponds to. */
  async notePayload(hash: string): Promise<void> {
    await writeFile(this.seeded, hash);
  }

  /** Returns the machine's memory in bytes: anonymous memory, and total memory including the page cache. */
  async memory(): Promise<{ anonymousBytes: number; totalBytes: number }> {
    return { anonymousBytes: await this.group.anonymousBytes(), totalBytes: await this.group.memoryBytes() };
  }

  /** Runs a command in the machine as root and returns the command's output. @throws if the command fails */
  async exec(command: readonly [string, ...string[]], options: RunOptions = {}): Promise<string> {
    return run(...(await this.bounded(command, options)));
  }

  /** Runs a command in the machine as root and returns the result even if the command fails. */
  async tryExec(command: readonly [string, ...string[]], options: RunOptions = {}): Promise<RunResult> {
    return tryRun(...(await this.bounded(command, options)));
  }

  /** Adds a time limit that applies inside the machine. A time limit on this host would end only nsenter, but not the command. */
  private async bounded(
    command: readonly string[],
    { timeoutSeconds = defaultTimeoutSeconds, ...options }: RunOptions,
  ): Promise<[string, string[], RunOptions]> {
    const [program, ...args] = await this.enter(["timeout", "--kill-after=2", `${timeoutSeconds}`, ...command]);
    return [program, args, { ...options, timeoutSeconds: timeoutSeconds + 10 }];
  }

  /** Returns a command on this host that runs `command` in the machine. @throws Error if the machine is off */
  async enter(command: readonly string[]): Promise<[string, ...string[]]> {
    const leader = await this.leader();
    if (leader === undefined)
      throw new Error(`${this.name}: is not running; start it with \`npm run lab start ${this.name}\``);
    return ["nsenter", "-t", leader, "-m", "-u", "-i", "-n", "-p", "-C", "env", "-i", ...cleanEnvironment, ...command];
  }

  /** Returns the current status of cloud-init; `undefined` if the status is unknown. */
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

  /** Waits until cloud-init has finished or failed. Queries the status only after that, because status queries delay the boot. */
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

  /**
   * Waits until server-setup has finished. @throws after a timeout; the error contains the health notice that the machine shows at login
   */
  async waitForSetup(timeoutSeconds = 300): Promise<void> {
    const { complete, notice } = paths.setup;
    await waitFor(
      `${this.name}: setup`,
      (see) => {
        see(`the health notice below; see ${this.consoleLog}`);
        return existsSync(path.join(this.root, complete));
      },
      { timeoutSeconds, pauseSeconds: 0.5 },
    ).catch(async (error: unknown) => {
      throw new Error(`${String(error)}\n${(await this.tryExec(["cat", notice])).stdout}`);
    });
  }

  /**
   * Path of the file with the payload hash. The file with the payload hash is next to the disk, so a removal of the disk also removes the
   * file.
   */
  private get seeded(): string {
    return path.join(this.layout.machine(this.name), "seeded");
  }

  /** Path of the log of the machine's console since the first start. */
  private get consoleLog(): string {
    return path.join(this.layout.logs, `${this.name}.console.log`);
  }

  /** Returns the process id, on this host, of the machine's process 1. */
  private async leader(): Promise<string | undefined> {
    const file = path.join(this.group.path, "system/payload/init.scope/cgroup.procs");
    const [first] = (await readFile(file, "utf8").catch(() => "")).split("\n");
    return first === "" ? undefined : first;
  }

  /**
   * Shuts down the volume's file system with ext4's shutdown call and without a journal flush, so only synced data remain.
   * Without the shutdown of the file system, the kernel would still write the cached data of the killed processes to the disk.
   * @throws if the call fails on a mounted volume, because the test would then simulate a crash instead of a power cut
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
