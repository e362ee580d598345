import path from "node:path";
import type { ServerConfig } from "../../modules/config/schema.js";
import { FileLock } from "../core/lock.js";
import type { Cloud, Report, Site } from "../core/site.js";
import type { CloudServer } from "../core/snapshot.js";
import { Ssh } from "../core/ssh.js";
import { targetHealth } from "../../lab/balancer/balancer.js";
import { administratorKeyFile, payloadHashOf } from "../../lab/blueprint.js";
import { Lab } from "../../lab/lab.js";
import { layout, namespaceOf } from "../../lab/layout.js";
import { administrator } from "../../lab/network/addresses.js";
import { loadSettings } from "../../lab/settings.js";
import { surroundingSteps } from "../../lab/up.js";

/** The running lab for `npm run ops`: reached by OpenSSH from the administrator's host, its servers replaced as the provider would. */
export async function labSite(): Promise<Site> {
  const { blueprint } = await Lab.attach();
  const { config, servers } = blueprint.environment;
  const { hostKeys } = blueprint.credentials;
  const logins = servers.map(({ name, publicIpv4 }) => ({
    name,
    address: publicIpv4,
    hostKey: hostKeys.get(name) ?? "",
  }));
  return {
    config,
    logins: new Map(logins.map((login) => [login.name, login])),
    ssh: new Ssh(logins, {
      through: ["ip", "netns", "exec", namespaceOf(administrator.name)],
      identityFile: administratorKeyFile(layout),
    }),
    cloud: new LabCloud(),
    lock: new FileLock(path.join(layout.state, "ops.lock")),
  };
}

/** What Hetzner does for servers, for machines of this host. */
class LabCloud implements Cloud {
  private surroundings: Promise<void> | undefined;

  async servers(): Promise<readonly CloudServer[]> {
    const { machines, blueprint } = await Lab.attach();
    const all = machines.map(async (machine) => ({
      name: machine.name,
      running: await machine.alive(),
      current: (await machine.payload()) === payloadHashOf(blueprint, machine.name),
      isProtected: null,
    }));
    return Promise.all(all);
  }

  async targets(): Promise<ReadonlyMap<string, boolean>> {
    const targets = await targetHealth(layout);
    const names = new Set(targets.map(({ target }) => target));
    return new Map(
      [...names].map((name) => [name, targets.filter(({ target }) => target === name).every(({ healthy }) => healthy)]),
    );
  }

  async shutDown({ name }: ServerConfig): Promise<void> {
    await (await Lab.attach()).machine(name).off();
  }

  /** What new payloads ask for is there before a machine boots with one: packages, the release, what the metadata service answers. */
  prepare(_: ServerConfig, report: Report): Promise<void> {
    this.surroundings ??= this.renewSurroundings(report);
    return this.surroundings;
  }

  private async renewSurroundings(report: Report): Promise<void> {
    const { overrides } = (await loadSettings(layout)) ?? { overrides: {} };
    for (const { title, run } of surroundingSteps(layout, overrides)) {
      const note = await run();
      report(note === undefined ? title : `${title}: ${note}`);
    }
  }

  async replace({ name }: ServerConfig): Promise<void> {
    const machine = (await Lab.attach()).machine(name);
    await machine.wipe({ keepVolume: true });
    await machine.start();
  }

  /** Disk and network come with the power. */
  complete(): Promise<void> {
    return Promise.resolve();
  }
}
