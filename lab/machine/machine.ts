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
  /** Name and addresses. */
  readonly host: Host;
  /** Its private network. */
  readonly network: PrivateNetwork;
  /** Initial directory tree of its root disk. */
  readonly baseRoot: string;
  /** Returns the user data for its first boot. A function, because rendering takes a tenth of a second and is needed only at the start. */
  readonly userData: () => string;
  /** Returns the payload's hash. It is stored next to the disk, like a server's label at the provider. */
  readonly payloadHash: () => string;
  /** Load balancer contract of its payload, also stored next to the disk. */
  readonly agreement: string;
  /** Public keys that are allowed to log in as root. */
  readonly sshKeys: readonly string[];
  /** Data volume, which is kept if the machine is replaced. @default - none */
  readonly volume?: Volume;
}

/** Stored data of a created machine, even if it is no longer in the configuration. */
export interface StoredMachine {
  readonly host: Host;
  /** Whether it has a data volume. */
  readonly stores: boolean;
}

const madeFile = (layout: Layout, name: string): string => path.join(layout.machine(name), "made.json");

/** Load balancer contract of a machine at its creation; `undefined` if none was stored. */
export const agreementOf = (layout: Layout, name: string): Promise<string | undefined> =>
  readFile(agreementFile(layout, name), "utf8").catch(() => undefined);

const agreementFile = (layout: Layout, name: string): string => path.join(layout.machine(name), "agreement");

/** All created machines that were not removed. */
export async function machinesMade(layout: Layout): Promise<readonly StoredMachine[]> {
  const names = await readdir(path.dirname(layout.machine("any"))).catch(() => []);
  const found = await Promise.all(names.map((name) => readFile(madeFile(layout, name), "utf8").catch(() => undefined)));
  return found.flatMap((text) => (text === undefined ? [] : [JSON.parse(text) as StoredMachine]));
}

/** Result of cloud-init. */
export interface CloudInitStatus {
  /** `done`, `running`, `error`, … */
  readonly status: string;
  readonly errors: readonly string[];
  /** Messages by level, for example `WARNING`. */
  readonly recoverable: Readonly<Record<string, readonly string[]>>;
}

/** One server: a systemd-nspawn container with its own Debian, systemd, disks and network. */
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

  /** Path of its root disk on this host. It exists while the lab is running, even if the machine is off. */
  get root(): string {
    return this.disk.root;
  }

  /** Whether it has a data volume. */
  get stores(): boolean {
    return this.props.volume !== undefined;
  }

  /** Starts the machine with its existing or new disks. Does nothing if it is running. */
  async start(): Promise<void> {
    if (await this.alive()) return;
    const { host, network, sshKeys, volume } = this.props;
    await this.disk.mount();
    if (!existsSync(this.seeded)) {
      await writeSeed(this.root, { host, network, userData: this.props.userData(), sshKeys });
      await writeFile(agreementFile(this.layout, this.name), this.props.agreement);
      await writeWhole(madeFile(this.layout, this.name), JSON.stringify({ host, stores: volume !== undefined }));
      // Written last, so an interrupted start creates the seed again.
      await writeWhole(this.seeded, this.props.payloadHash());
    }
    await this.group.create();
    // A power cut also loses network state, so each start creates a new namespace and new links.
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
   * Power cut: disconnects its links, loses unsynced data of its volume and ends every process at nearly the same time.
   * Peers see silence, not connection resets.
   */
  async kill(): Promise<void> {
    await unplug(this.host);
    await this.dropUnwrittenData();
    await this.group.kill();
    await this.group.remove();
    await removeHost(this.host);
  }

  /** Ends every process at once. The address still responds with resets, as if the operating system had killed the processes. */
  async crash(): Promise<void> {
    await this.group.remove();
  }

  /** Clean shutdown, like the cloud's "power off" button. */
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

  /** Disconnects it from the private network. Packets in both directions are dropped silently. */
  partition(): Promise<void> {
    return setPartitioned(this.host, true);
  }

  /** Reconnects it to the private network. */
  heal(): Promise<void> {
    return setPartitioned(this.host, false);
  }

  /** Whether it is disconnected from the private network. */
  partitioned(): Promise<boolean> {
    return isPartitioned(this.host);
  }

  /** Replaces it with a new machine that is off. @param keepVolume whether to keep its data volume */
  async wipe({ keepVolume = false } = {}): Promise<void> {
    await this.kill();
    await this.disk.remove();
    if (!keepVolume) await this.props.volume?.wipe();
  }

  /** Removes it permanently, including its data volume. */
  async remove(): Promise<void> {
    await this.wipe();
    await rm(this.layout.machine(this.name), { recursive: true, force: true });
  }

  /**
   * Mounts the data volume and runs an action while the machine is off.
   * @param action called with the mount point on this host
   * @throws Error if the machine is running or has no volume
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

  /** Whether any of its processes is running. */
  alive(): Promise<boolean> {
    return this.group.alive();
  }

  /** User data of its first boot; `undefined` if it was never started. */
  async bootedWith(): Promise<string | undefined> {
    return readFile(path.join(this.root, userDataFile), "utf8").catch(() => undefined);
  }

  /** Payload hash of its first boot; `undefined` if it was never started. */
  async payload(): Promise<string | undefined> {
    return readFile(this.seeded, "utf8").catch(() => undefined);
  }

  /** Records that the machine now corresponds to the payload with this hash. */
  async notePayload(hash: string): Promise<void> {
    await writeFile(this.seeded, hash);
  }

  /** Memory in bytes: anonymous memory, and total memory including the page cache. */
  async memory(): Promise<{ anonymousBytes: number; totalBytes: number }> {
    return { anonymousBytes: await this.group.anonymousBytes(), totalBytes: await this.group.memoryBytes() };
  }

  /** Runs a command in the machine as root and returns its output. @throws if the command fails */
  async exec(command: readonly [string, ...string[]], options: RunOptions = {}): Promise<string> {
    return run(...(await this.bounded(command, options)));
  }

  /** Runs a command in the machine as root and returns its result even if it fails. */
  async tryExec(command: readonly [string, ...string[]], options: RunOptions = {}): Promise<RunResult> {
    return tryRun(...(await this.bounded(command, options)));
  }

  /** Adds a time limit inside the machine, because a limit outside would end only nsenter, not the command. */
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

  /** Current status of cloud-init; `undefined` if it is unknown. */
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

  /** Waits until cloud-init has finished or failed. It queries the status only afterwards, because queries are slow and delay the boot. */
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

  /** Waits until server-setup has finished. @throws after a timeout, with the health notice that the machine shows at login */
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

  /** File with the payload hash of the seed. It is stored next to the disk, so a new disk gets a new seed. */
  private get seeded(): string {
    return path.join(this.layout.machine(this.name), "seeded");
  }

  /** Log of its console since its first start. */
  private get consoleLog(): string {
    return path.join(this.layout.logs, `${this.name}.console.log`);
  }

  /** Process id of its process 1 on this host. */
  private async leader(): Promise<string | undefined> {
    const file = path.join(this.group.path, "system/payload/init.scope/cgroup.procs");
    const [first] = (await readFile(file, "utf8").catch(() => "")).split("\n");
    return first === "" ? undefined : first;
  }

  /**
   * Shuts down the volume's file system immediately with ext4's shutdown call, without a journal flush. Thus only synced data remains.
   * Otherwise the kernel would still write the cached data of the killed processes to the disk.
   * @throws if it fails on a mounted volume, because the result would be a crash, not a power cut
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
