import path from "node:path";
import { agreement } from "../../modules/derived/agreement.js";
import { balancersOf } from "../../modules/derived/balancer.js";
import { roles, type ServerConfig } from "../../modules/config/schema.js";
import { LockStore } from "../core/lock.js";
import type { Cloud, ReplacementProps, Report, Site } from "../core/site.js";
import type { CloudServer } from "../core/snapshot.js";
import { Ssh } from "../core/ssh.js";
import { FileStore } from "../core/store.js";
import type { BalancerTargets } from "../core/targets.js";
import { removeTarget, targetHealth, targetHealthAt } from "../../lab/balancer/balancer.js";
import { LabSecrets } from "./secrets.js";
import { administratorKeyFile, payloadHashBefore, payloadHashOf } from "../../lab/blueprint.js";
import { acceptedHostKeys } from "../../lab/keys/credentials.js";
import { Lab } from "../../lab/lab.js";
import { layout, namespaceOf } from "../../lab/layout.js";
import { agreementOf, type Machine } from "../../lab/machine/machine.js";
import { administrator } from "../../lab/network/addresses.js";
import { retarget } from "../../lab/services.js";
import { LabBalancers } from "./balancers.js";
import { healthOf } from "./direction.js";
import { renewSurroundings } from "./surroundings.js";

/**
 * Connects `npm run ops` to the running lab, with OpenSSH from the administrator's host. Servers of the lab are replaced like servers at
 * Hetzner.
 */
export async function labSite(): Promise<Site> {
  const lab = await Lab.attach();
  const { config } = lab.blueprint.environment;
  const hosts = [...lab.machines, ...(await lab.outside())].map(({ host }) => host);
  const logins = await Promise.all(
    hosts.map(async ({ name, publicIpv4 }) => ({
      name,
      address: publicIpv4,
      hostKey: await acceptedHostKeys(layout.secrets, config, name),
    })),
  );
  return {
    config,
    logins: new Map(logins.map((login) => [login.name, login])),
    ssh: new Ssh(logins, {
      through: ["ip", "netns", "exec", namespaceOf(administrator.name)],
      identityFile: administratorKeyFile(layout),
    }),
    cloud: new LabCloud(),
    ...(config.loadBalancer.formerly && { balancers: new LabBalancers() }),
    secrets: new LabSecrets(),
    lock: new LockStore(new FileStore(path.join(layout.state, "ops.lock"))),
  };
}

/** Emulates Hetzner's functions for servers on machines of this host. */
class LabCloud implements Cloud {
  private surroundings: Promise<void> | undefined;

  async servers(): Promise<readonly CloudServer[]> {
    const lab = await Lab.attach();
    const web = new Set((await targetHealth(layout)).map(({ target }) => target));
    const { config } = lab.blueprint.environment;
    const known = (await madeOf(lab.machines)).map(async (machine) => ({
      // If an older version created the lab, its machines have no such label.
      agreement: (await agreementOf(layout, machine.name)) ?? agreement(config),
      current: (await machine.payload()) === payloadHashOf(lab.blueprint, machine.name),
      roles: config.servers.find(({ name }) => name === machine.name)?.roles ?? [],
      machine,
    }));
    const outside = (await lab.outside()).map((machine) => ({
      agreement: undefined,
      current: false,
      roles: roles.filter((role) => (role === "web" ? web.has(machine.name) : machine.stores)),
      machine,
    }));
    return Promise.all(
      [...(await Promise.all(known)), ...outside].map(async ({ machine, ...rest }) => ({
        name: machine.name,
        running: await machine.alive(),
        isProtected: null,
        privateIp: machine.host.privateIpv4 ?? "",
        ...rest,
      })),
    );
  }

  async targets(): Promise<readonly BalancerTargets[]> {
    const [first, second] = balancersOf((await Lab.attach()).blueprint.environment.config);
    if (!second) return [{ name: first.name, targets: healthOf(await targetHealth(layout)) }];
    return Promise.all(
      [first, second].map(async ({ id, name }) => ({ name, targets: healthOf(await targetHealthAt(layout, id)) })),
    );
  }

  async shutDown(name: string): Promise<void> {
    await (await this.machine(name))?.off();
  }

  async cutPower(name: string): Promise<void> {
    await (await this.machine(name))?.kill();
  }

  /** Returns the machine with this name, also if it is not configured. */
  private async machine(name: string): Promise<Machine | undefined> {
    const lab = await Lab.attach();
    return [...lab.machines, ...(await lab.outside())].find((machine) => machine.name === name);
  }

  async noteCertificate(server: ServerConfig): Promise<void> {
    const lab = await Lab.attach();
    const machine = lab.machine(server.name);
    if ((await machine.payload()) === payloadHashBefore(lab.blueprint, server.name))
      await machine.notePayload(payloadHashOf(lab.blueprint, server.name));
  }

  /** Does nothing, because machines of the lab have no labels of secrets. */
  noteSecrets(): Promise<void> {
    return Promise.resolve();
  }

  prepareRemoval(): Promise<void> {
    return Promise.resolve();
  }

  async remove(name: string, report: Report): Promise<void> {
    await removeTarget(layout, name);
    const machine = (await (await Lab.attach()).outside()).find((one) => one.name === name);
    if (machine === undefined) return;
    report("its disks and addresses are deleted");
    await machine.remove();
  }

  /** Creates packages, the release and the data of the metadata service, which a new payload requires, before a machine boots. */
  async prepare(_: ServerConfig, report: Report): Promise<boolean> {
    this.surroundings ??= renewSurroundings(report);
    await this.surroundings;
    // A machine that was not created completely has no payload yet, so it counts as outdated and is replaced again.
    return true;
  }

  async replace({ name }: ServerConfig, _: Report, { newVolume = false }: ReplacementProps = {}): Promise<void> {
    const machine = (await Lab.attach()).machine(name);
    await machine.wipe({ keepVolume: !newVolume });
    await machine.start();
    await this.complete();
  }

  /** Registers the machine with the load balancer. The start of a machine has already attached its disk and network. */
  async complete(): Promise<void> {
    await retarget(layout, (await Lab.attach()).blueprint);
  }
}

/** Returns the machines that exist, without those that exist only in the configuration. */
async function madeOf(machines: readonly Machine[]): Promise<readonly Machine[]> {
  const payloads = await Promise.all(machines.map((machine) => machine.payload()));
  return machines.filter((_, index) => payloads[index] !== undefined);
}
