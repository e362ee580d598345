import { type Context } from "../../../ops/core/maintain.js";
import { Lock, LockStore, type Holding } from "../../../ops/core/lock.js";
import { Progress } from "../../../ops/core/progress.js";
import type { Cloud, SecretStore, Site } from "../../../ops/core/site.js";
import type { Login } from "../../../ops/core/ssh.js";
import type { Stored } from "../../../ops/core/store.js";
import type { Observation, Release, Upgradable } from "../../../ops/core/snapshot.js";
import { balancersOf } from "../../../modules/derived/balancer.js";
import { accepted, type RotationStage } from "../../../modules/derived/generations.js";
import type { Config, Role } from "../../../modules/config/schema.js";
import { paths } from "../../../modules/platform/paths.js";
import { exampleConfig } from "../../support/config.js";
import { cloudServer, release, snapshot } from "./snapshot.js";

/** State of a simulated server. */
interface Machine {
  readonly name: string;
  readonly privateIp: string;
  readonly roles: readonly Role[];
  running: boolean;
  current: boolean;
  /** True if the creation of the server is complete. */
  whole: boolean;
  boots: number;
  inService: boolean;
  /** Digest of the database accounts that this server would create as the primary. */
  grants: string;
  releases: readonly Release[];
  upgradable: readonly Upgradable[];
  rebootFor: readonly string[];
  /** Content of the secret files on disk by path; `taken` has the content that the running programs have loaded. */
  readonly files: Map<string, string>;
  taken: ReadonlyMap<string, string>;
  /** Paths of secret files that were delivered but not yet loaded. */
  waiting: ReadonlySet<string>;
  /** Permissions of the secret files by path. */
  readonly modes: Map<string, string>;
  /** True if the server does not answer. */
  isStunned: boolean;
  diskPercent: Readonly<Record<string, number>>;
}

/**
 * Simulated servers that execute commands. Initially there are the servers of the configuration: by default three servers with both roles.
 * alpha is the primary. Tests can add servers that are not in the configuration.
 */
export class World {
  /**
   * The executed steps in order, for example "bravo: systemctl poweroff" or "provider: replace bravo". "lock: bravo" means that the lock
   * stores bravo as the server that the run processes.
   */
  readonly steps: string[] = [];
  /** Called with each step before its effect. If this function throws, the step and the command fail. */
  onStep: (step: string) => void = () => undefined;
  /** Lines that the command printed. */
  readonly said: string[] = [];
  readonly machines = new Map<string, Machine>();
  primary = "alpha";
  /** Commands that fail, for example "bravo: systemctl poweroff". */
  readonly failing = new Set<string>();
  /** Names of servers whose programs are too old for a rotation. */
  readonly tooOld = new Set<string>();
  /** Names of servers that do not answer between a package upgrade and the next reboot. */
  readonly stunned = new Set<string>();
  /** SHA-256 of the release whose application never becomes ready. */
  sick?: string;
  /** SHA-256 of the release that fails the load balancer's health check. */
  unhealthy?: string;
  /** Digest of the database accounts that new servers need. New servers wait until a primary has created these accounts. */
  grants = "accounts of day one";
  /** Addresses of members that the group counts in addition to its online members. */
  remembered: readonly string[] = [];
  /** Rotation stage that all secrets have. */
  stage: RotationStage = { configured: 1, used: 1, oldest: 1 };
  /** Newest and oldest password generation that the database accounts accept. */
  accounts: readonly [number, number] = [1, 1];
  /** Newest and oldest password generation on replicas that lag behind the primary. @default - same as on the primary */
  accountsOfReplicas?: readonly [number, number];
  /** Servers on which a command has checked that a certificate of the old authority is rejected. */
  readonly shownOldOnes = new Set<string>();
  /** Time limit of each command in seconds; the key is the first two words, for example "systemctl poweroff". */
  readonly seconds = new Map<string, number | undefined>();
  /** Digests of the accounts that the current or an earlier primary has created. */
  private readonly made = new Set<string>();
  /** Steps in progress, without the servers' names. */
  private readonly underWay = new Set<string>();
  /** Host keys that the SSH client trusts, by server. */
  private known = new Map<string, string>();

  constructor(readonly config: Config = exampleConfig()) {
    for (const { name, privateIp, roles } of config.servers) this.add(name, privateIp, roles);
  }

  add(name: string, privateIp: string, roles: readonly Role[] = ["web", "database"]): void {
    this.machines.set(name, {
      grants: this.grants,
      ...{ name, privateIp, roles, running: true, current: true, whole: true, boots: 1, inService: true },
      releases: [release("2"), release("1")],
      ...{ upgradable: [], rebootFor: [], files: new Map(), modes: new Map() },
      ...{ taken: new Map(), waiting: new Set(), isStunned: false, diskPercent: { "/": 20 } },
    });
  }

  machine(name: string): Machine {
    const found = this.machines.get(name);
    if (!found) throw new Error(`no ${name} in this world`);
    return found;
  }

  /**
   * Records and executes a step. Several servers may run the same step at the same time. If two different steps run at the same time, the
   * caller did not wait for the first step, so the step "NOT WAITED FOR" is recorded.
   */
  private async step<T>(where: string, what: string, effect: () => T): Promise<T> {
    for (const other of this.underWay) if (other !== what) this.steps.push(`${other}: NOT WAITED FOR`);
    this.steps.push(`${where}: ${what}`);
    this.onStep(`${where}: ${what}`);
    this.underWay.add(what);
    const result = effect();
    await new Promise(setImmediate);
    this.underWay.delete(what);
    return result;
  }

  /** Creates the context of a command. @param inHand server that an interrupted run left unfinished */
  async context(command: string, inHand?: string): Promise<Context> {
    let stored: Stored | undefined;
    const store = new LockStore({
      place: "here",
      read: () => Promise.resolve(stored),
      write: (text) => {
        stored = { text, version: `${Number(stored?.version ?? 0) + 1}` };
        const { version } = stored;
        return this.step("lock", (JSON.parse(text) as Partial<Holding>).inHand ?? "no server", () => version);
      },
      clear: () => Promise.resolve(void (stored = undefined)),
    });
    const lock = await Lock.take(store, command);
    if (inHand !== undefined) await lock.setInHand(inHand);
    this.steps.length = 0;
    return { site: this.site(store), lock, progress: new Progress((line) => void this.said.push(line.slice(10))) };
  }

  private site(lock: LockStore): Site {
    const logins = new Map([...this.machines.keys()].map((name) => [name, { name, address: name, hostKey: "" }]));
    const tryRun: Site["ssh"]["tryRun"] = ({ name }, command, props) => {
      this.seconds.set(command.slice(0, 2).join(" "), props?.timeoutSeconds);
      return this.tell(name, command, props?.input);
    };
    const ssh = {
      know: (keys: readonly Pick<Login, "name" | "hostKey">[]): void =>
        void (this.known = new Map(keys.map(({ name, hostKey }) => [name, hostKey]))),
      tryRun,
      run: async (...[login, ...rest]: Parameters<typeof tryRun>) => {
        const { ok, stdout, stderr } = await tryRun(login, ...rest);
        if (!ok) throw new Error(`${login.name}: ${stderr}`);
        return stdout;
      },
    };
    return { config: this.config, logins, ssh, cloud: this.cloud(), secrets: this.secrets(), lock } as unknown as Site;
  }

  private async tell(name: string, command: readonly string[], input = "") {
    const machine = this.machines.get(name);
    const ended = (ok: boolean, stdout = "", stderr = "") => ({
      ok,
      exitCode: ok ? 0 : 1,
      stdout,
      stderr,
      reached: true,
    });
    if (!machine?.running) return { ...ended(false, "", "connection timed out"), exitCode: 255, reached: false };
    const words = command.join(" ");
    if (words.startsWith("python3 -I - ") && machine.isStunned) return ended(false, "", "timed out after 20 s");
    if (words.startsWith("python3 -I - ")) return ended(true, JSON.stringify(this.observationOf(machine)));
    const look = this.answerTo(machine, words, input);
    if (look !== undefined) return ended(look !== "no", look);
    const step = words.replace(/^mysql .*(SELECT \S+).*/, "mysql $1").replace(/^apt-get.* /, "apt-get ");
    // Without a primary, no release is healthy, so a deployment fails.
    if (this.primary === "" && words.includes("deploy-app "))
      return this.step(name, step, () => ({ ...ended(false, this.effect(machine, words)), exitCode: 3 }));
    return this.step(name, step, () =>
      this.failing.has(`${name}: ${step}`) ? ended(false, "", "it failed") : ended(true, this.effect(machine, words)),
    );
  }

  /** Returns the output of a query or of a delivery of files. Returns `undefined` for all other commands. */
  private answerTo(machine: Machine, words: string, input: string): string | undefined {
    const taken = (path: string): string => machine.taken.get(path) ?? "";
    const isTokenCheck = words.startsWith("curl --silent --max-time ");
    if (this.tooOld.has(machine.name) && isTokenCheck) return "";
    if (this.tooOld.has(machine.name) && words.startsWith("mysql-group accounts")) return "no";
    if (isTokenCheck) {
      const token = /: (.*)\n$/.exec(input)?.[1] ?? "";
      return token !== "" && taken(paths.nginx.edgeToken).includes(token) ? "1" : "0";
    }
    if (words === "mysql-group accounts --help") return "";
    if (words === "mysql-group accounts") {
      if (this.primary === machine.name) this.accounts = [this.stage.configured, this.stage.oldest];
      return JSON.stringify({
        app: this.primary === machine.name ? this.accounts : (this.accountsOfReplicas ?? this.accounts),
      });
    }
    if (words.startsWith("runuser -u mysql -- python3 ")) {
      if ((JSON.parse(input) as { refused: unknown }).refused === null) return "";
      this.shownOldOnes.add(machine.name);
      return this.stage.oldest < this.stage.configured ? "still accepts a certificate of the old authority" : "";
    }
    if (words === "true") return this.known.get(machine.name)?.includes(taken(paths.sshHostKey)) ? "" : "no";
    const used = /^python3 -I -c [^]* (\S+) \S+\.pid$/.exec(words);
    if (used) return taken(used[1] ?? "") === input ? "" : "shows another one";
    if (!words.startsWith("python3 -I -c ") || !input.includes("mark")) return undefined;
    const { files } = JSON.parse(input) as { files: readonly { path: string; content: string; mode: string }[] };
    for (const { path, mode } of files) machine.modes.set(path, mode);
    const changed = files.filter(({ path, content }) => machine.files.get(path) !== content);
    for (const { path, content } of changed) machine.files.set(path, content);
    machine.waiting = new Set([...machine.waiting, ...changed.map(({ path }) => path)]);
    if (changed.length > 0) this.steps.push(`${machine.name}: gets ${changed.map(({ path }) => path).join(" ")}`);
    return JSON.stringify([...machine.waiting]);
  }

  private effect(machine: Machine, words: string): string {
    const [program = "", ...rest] = words.split(" ");
    if (/^systemctl (reload|restart|try-restart) /.test(words)) machine.taken = new Map(machine.files);
    if (words.startsWith("rm -f /run/rotate-")) machine.waiting = new Set();
    if (words === "systemctl poweroff") this.off(machine);
    if (words === "systemctl reboot") {
      Object.assign(machine, { boots: machine.boots + 1, inService: true, rebootFor: [], isStunned: false });
      this.handOver(machine);
    }
    if (words === "systemctl stop in-service") machine.inService = false;
    if (words === "systemctl start in-service") machine.inService = true;
    if (words === "mysql-group step-down") this.handOver(machine);
    if (program === "sh") Object.assign(machine, { upgradable: [], isStunned: this.stunned.has(machine.name) });
    if (program.endsWith("deploy-app")) {
      const [url = "", sha256 = ""] = rest;
      machine.releases = [{ url, sha256 }, ...machine.releases.filter((one) => one.sha256 !== sha256)];
    }
    if (words.includes("member_version")) return "9.7.4\n9.7.4\n9.7.4\n";
    if (words.includes("set_as_primary"))
      this.primary = [...this.machines.values()].find(({ privateIp }) => words.includes(`'${privateIp}'`))?.name ?? "";
    return "";
  }

  /** Switches a server off. If the server was the primary, another member becomes the primary. */
  off(machine: Machine): void {
    machine.running = false;
    this.handOver(machine);
  }

  private handOver({ name }: Machine): void {
    if (this.primary === name) this.primary = this.members().find((one) => one.name !== name)?.name ?? "";
  }

  /** Returns whether a primary has created the accounts that this server needs. Accounts of an earlier primary remain. */
  private hasAccounts(machine: Machine): boolean {
    this.made.add(this.machines.get(this.primary)?.grants ?? "");
    return this.made.has(machine.grants);
  }

  private members(): readonly Machine[] {
    return [...this.machines.values()].filter(({ running, roles }) => running && roles.includes("database"));
  }

  private observationOf(machine: Machine): Observation {
    const [example] = snapshot().servers;
    if (!example?.observation?.member) throw new Error("the example has no member");
    const isWeb = machine.roles.includes("web");
    const view = this.members().map(({ privateIp }) => privateIp);
    const role = this.primary === machine.name ? "PRIMARY" : "SECONDARY";
    return {
      ...example.observation,
      bootId: `boot ${machine.boots}`,
      inService: isWeb ? machine.inService : null,
      serves: isWeb ? machine.releases[0]?.sha256 !== this.sick && this.hasAccounts(machine) : null,
      releases: isWeb ? machine.releases : [],
      diskPercent: machine.diskPercent,
      upgradable: machine.upgradable,
      rebootFor: machine.rebootFor,
      member: machine.roles.includes("database")
        ? {
            ...example.observation.member,
            ...{
              role,
              writable: role === "PRIMARY",
              grants: machine.grants,
              view,
              remembered: [...new Set([...view, ...this.remembered])],
            },
          }
        : null,
    };
  }

  /** Creates a secret store whose values contain their generation: all accepted values, or the value in use. */
  private secrets(): SecretStore {
    const done = (text: string): Promise<void> => this.step("secrets", text, () => undefined);
    const of = (name: string): string =>
      name.endsWith("s")
        ? accepted(this.stage)
            .map((each) => `${name}-${each}`)
            .join("|")
        : `${name}-${this.stage.used}`;
    const { configured } = this.stage;
    return {
      make: () => done("make"),
      stage: () => Promise.resolve(this.stage),
      values: () =>
        Promise.resolve({
          of: (_, name) => of(name),
          before: (_, name) => (configured > 1 ? `${name}-${configured - 1}` : undefined),
        }),
      fromOutside: () => Promise.resolve({ of: (_, name) => of(name) }),
      hostKeys: () =>
        Promise.resolve(
          new Map(
            [...this.machines.keys()].map((name) => [
              name,
              accepted(this.stage)
                .map((each) => `sshHostKey-${each}`)
                .join("\n"),
            ]),
          ),
        ),
      advance: (_, number) => {
        this.stage = { ...this.stage, [number]: this.stage.configured };
        return done(`advance ${number}`);
      },
      show: () => done(`show ${this.stage.used}`),
      spreadSeconds: 30,
    };
  }

  private cloud(): Cloud {
    const done = <T>(text: string, effect: () => T): Promise<T> => this.step("provider", text, effect);
    const up = (machine: Machine): void =>
      void Object.assign(machine, {
        running: true,
        current: true,
        whole: true,
        inService: true,
        grants: this.grants,
        boots: machine.boots + 1,
      });
    return {
      servers: () =>
        Promise.resolve(
          [...this.machines.values()].map((one) => ({
            ...cloudServer("alpha"),
            ...{
              name: one.name,
              running: one.running,
              current: one.current,
              roles: one.roles,
              privateIp: one.privateIp,
            },
          })),
        ),
      targets: () =>
        Promise.resolve(
          balancersOf(this.config).map(({ name }) => ({
            name,
            targets: new Map(
              [...this.machines.values()]
                .filter(({ roles }) => roles.includes("web"))
                .map((one) => [one.name, one.running && one.inService && one.releases[0]?.sha256 !== this.unhealthy]),
            ),
          })),
        ),
      shutDown: (name) => done(`shut down ${name}`, () => this.off(this.machine(name))),
      cutPower: (name) => done(`cut ${name}`, () => this.off(this.machine(name))),
      prepare: ({ name }) => done(`prepare ${name}`, () => this.machine(name).whole),
      replace: ({ name }, _, { newVolume = false } = {}) =>
        done(`replace ${name}${newVolume ? " with a new volume" : ""}`, () => up(this.machine(name))),
      complete: ({ name }) => done(`complete ${name}`, () => up(this.machine(name))),
      noteSecrets: ({ name }, label) => done(`note ${label} of ${name}`, () => undefined),
      noteCertificate: ({ name }) => done(`note certificate of ${name}`, () => undefined),
      prepareRemoval: (name) => done(`prepare removal of ${name}`, () => undefined),
      remove: (name) => done(`remove ${name}`, () => void this.machines.delete(name)),
    };
  }
}
