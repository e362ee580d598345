import { basename } from "node:path";
import { formerOf } from "../../modules/derived/agreement.js";
import { balancerId, balancersOf } from "../../modules/derived/balancer.js";
import { payloadHash, withCertificateBefore } from "../../modules/machine/compose/index.js";
import { type Config, roles, type ServerConfig } from "../../modules/config/schema.js";
import type { Cloud, ReplacementProps, Report } from "../core/site.js";
import type { CloudServer } from "../core/snapshot.js";
import type { BalancerTargets } from "../core/targets.js";
import { completionOf, replacementOf, retargetingOf, volumeOf } from "../terraform/allowed.js";
import {
  actionsOf,
  belongsTo,
  deletionsOf,
  excessOf,
  isWholeIn,
  missingSecretsOf,
  type Plan,
} from "../terraform/plan.js";
import type { Planned, Stack } from "../terraform/terraform.js";
import type { ApiServer, HetznerApi, Protected } from "./api.js";
import { healthOf } from "./balancers.js";

/** Properties of {@link HetznerCloud}. */
export interface HetznerCloudProps {
  /** The environment. */
  readonly config: Config;
  /** Client of Hetzner's API. */
  readonly api: HetznerApi;
  /** The stack of network, firewalls, addresses and disks. */
  readonly foundation: Stack;
  /** The stack of certificates, keys and passwords. */
  readonly credentials: Stack;
  /** The stack of the servers. */
  readonly servers: Stack;
  /** The stack of the edge, which contains the load balancer's targets. */
  readonly edge: Stack;
  /** Expected digest labels of the secrets on servers, from an output of the servers' stack. "none" if unknown. */
  readonly secretDigests: Readonly<Record<string, string>>;
  /** Synthesizes the stacks again and checks them against the policies. @throws if a check fails */
  readonly synthesize: () => Promise<void>;
  /**
   * Checks before a replacement that type, image and location can be ordered. @throws Error if they cannot be ordered @default - no check
   */
  readonly requireOrderable?: (server: ServerConfig) => Promise<void>;
}

const addressOf = ({ name }: Pick<ServerConfig, "name">): string => `hcloud_server.${name}`;

/**
 * Servers and load balancers at Hetzner. They are read through the API and changed by Terraform. Each plan is checked before it is
 * applied.
 */
export class HetznerCloud implements Cloud {
  private isPrepared: Promise<void> | undefined;

  constructor(private readonly props: HetznerCloudProps) {}

  async servers(): Promise<readonly CloudServer[]> {
    const { config } = this.props;
    return (await this.apiServers()).map(({ name, status, labels, server_type, protection, private_net }) => {
      const wanted = config.servers.find((server) => server.name === name);
      return {
        name,
        running: status !== "off",
        current:
          wanted !== undefined &&
          labels["payload"] === payloadHash(config, wanted) &&
          server_type.name === wanted.type &&
          this.hasSecrets(labels),
        agreement: labels["balancer"],
        isProtected: protection.delete && protection.rebuild,
        roles: roles.filter((role) => labels[`role-${role}`] === "true"),
        privateIp: private_net?.[0]?.ip ?? "",
      };
    });
  }

  async targets(): Promise<readonly BalancerTargets[]> {
    const { api, config } = this.props;
    const [servers, balancers] = await Promise.all([
      this.apiServers(),
      api.balancers(`environment=${config.environment}`),
    ]);
    return balancers.map((balancer) => ({ name: balancer.name, targets: healthOf(balancer, servers) }));
  }

  async shutDown(name: string): Promise<void> {
    const server = await this.apiServer(name);
    if (server) await this.props.api.shutDown(server);
  }

  async cutPower(name: string): Promise<void> {
    const server = await this.apiServer(name);
    if (server) await this.props.api.cutPower(server);
  }

  async prepare(server: ServerConfig, report: Report): Promise<boolean> {
    this.isPrepared ??= this.getReady(report);
    await this.isPrepared;
    await this.props.requireOrderable?.(server);
    return this.inCopy(server, (copy) =>
      copy.plan({ replace: addressOf(server) }, ({ plan }) => {
        this.judge(server, plan, report);
        return isWholeIn(plan, addressOf(server));
      }),
    );
  }

  async replace(server: ServerConfig, report: Report, { newVolume = false }: ReplacementProps = {}): Promise<void> {
    if (newVolume) await this.renewVolume(server, report);
    await this.inCopy(server, (copy) =>
      copy.plan({ replace: addressOf(server) }, async ({ plan, apply }) => {
        this.judge(server, plan, report);
        await this.clearTheWay(server, actionsOf(plan), report);
        await apply();
      }),
    );
    await this.retarget(server, report);
  }

  async complete(server: ServerConfig, report: Report): Promise<void> {
    const { servers, config } = this.props;
    await servers.plan({}, async ({ plan, apply }) => {
      refuseExcess(excessOf(plan, completionOf(server.name)), `${config.environment}-servers`);
      for (const action of actionsOf(plan)) report(action);
      if (actionsOf(plan).length > 0) await apply();
    });
    await this.retarget(server, report);
  }

  async noteCertificate(server: ServerConfig): Promise<void> {
    const { api, config } = this.props;
    const made = await this.apiServer(server.name);
    if (made?.labels["payload"] !== payloadHash(withCertificateBefore(config), server)) return;
    await api.setLabels(made, { ...made.labels, payload: payloadHash(config, server) });
  }

  async noteSecrets(server: ServerConfig, label: string): Promise<void> {
    const { api, servers } = this.props;
    const made = await this.apiServer(server.name);
    // The outputs are read again, because the values have just been compared and may have changed the labels.
    const digests = (await servers.outputs())["secret_digests"] as HetznerCloudProps["secretDigests"];
    const digest = digests[label];
    if (made === undefined || digest === undefined || made.labels[label] === digest) return;
    await api.setLabels(made, { ...made.labels, [label]: digest });
  }

  async prepareRemoval(name: string, report: Report): Promise<void> {
    this.isPrepared ??= this.getReady(report);
    await this.isPrepared;
    for (const stack of this.inwards) await this.removing(stack, name, report, () => Promise.resolve());
  }

  async remove(name: string, report: Report): Promise<void> {
    for (const stack of this.inwards)
      await this.removing(stack, name, report, async ({ plan, apply }) => {
        for (const { address, change } of deletionsOf(plan)) await this.liftProtection(address, change.before);
        await apply();
      });
  }

  /** The stacks in the order in which a server's resources can be removed. The stack that visitors use comes first. */
  private get inwards(): readonly Stack[] {
    const { edge, servers, foundation, credentials } = this.props;
    return [edge, servers, foundation, credentials];
  }

  /**
   * Plans the removal of one server's resources. `prevent_destroy` does not protect them, because they are no longer in the configuration.
   */
  private async removing(
    stack: Stack,
    name: string,
    report: Report,
    use: (planned: Planned) => Promise<void>,
  ): Promise<void> {
    const targets = (await stack.addresses()).filter((address) => belongsTo(address, name));
    if (targets.length === 0) return;
    await stack.plan({ targets }, async (planned) => {
      refuseExcess(
        excessOf(planned.plan, Object.fromEntries(targets.map((address) => [address, ["delete"]]))),
        basename(stack.folder),
        "remove this server",
      );
      for (const action of actionsOf(planned.plan)) report(action);
      await use(planned);
    });
  }

  /**
   * Lifts the protection of a resource before Terraform deletes it. This needs the API, because the resource is no longer in the Terraform
   * configuration.
   */
  private async liftProtection(address: string, before: unknown): Promise<void> {
    const kinds: Readonly<Record<string, Protected>> = {
      hcloud_server: "servers",
      hcloud_volume: "volumes",
      hcloud_primary_ip: "primary_ips",
    };
    const kind = kinds[address.split(".")[0] ?? ""];
    const { id, delete_protection: isProtected } = before as { id?: string; delete_protection?: boolean };
    if (kind && id !== undefined && isProtected) await this.props.api.setProtection({ id: Number(id) }, false, kind);
  }

  /** Registers a server with the load balancer, and restores its protection. */
  private async retarget({ name }: ServerConfig, report: Report): Promise<void> {
    const { api, config, edge } = this.props;
    const former = formerOf(config);
    const allowed = retargetingOf(
      name,
      balancersOf(config).map(({ id }) => id),
      former && balancerId(former),
    );
    await edge.plan({}, async ({ plan, apply }) => {
      refuseExcess(excessOf(plan, allowed), `${config.environment}-edge`);
      for (const action of actionsOf(plan)) report(action);
      if (actionsOf(plan).length > 0) await apply();
    });
    const made = await this.apiServer(name);
    if (made && config.protect && !made.protection.delete) await api.setProtection(made, true);
  }

  /**
   * Works in a copy of the stack without `prevent_destroy` for this server. Hetzner's protection stays in the configuration, so that the
   * new server has it.
   */
  private async inCopy<T>({ name }: ServerConfig, use: (copy: Stack) => Promise<T>): Promise<T> {
    const copy = await this.props.servers.overridden({
      resource: { hcloud_server: { [name]: { lifecycle: { prevent_destroy: false } } } },
    });
    try {
      return await use(copy);
    } finally {
      await copy.discard();
    }
  }

  /** Checks a plan. @throws Error if the plan would change a resource of another server, or create the server without a required secret */
  private judge({ name }: ServerConfig, plan: Plan, report: Report): void {
    refuseExcess(excessOf(plan, replacementOf(name)), `${this.props.config.environment}-servers`);
    const missing = missingSecretsOf(plan);
    if (missing.length > 0)
      throw new Error(`refused: ${name} would be created without required values: ${missing.join("; ")}`);
    for (const action of actionsOf(plan)) report(action);
  }

  /**
   * Deletes the server and then its data volume through the API. A volume in use cannot be deleted, so the server is deleted first.
   * Terraform then creates both again. @throws Error before any change, if the foundation stack has other pending changes
   */
  private async renewVolume({ name }: ServerConfig, report: Report): Promise<void> {
    const { api, config, foundation } = this.props;
    const stack = basename(foundation.folder);
    await foundation.plan({}, ({ plan }) => {
      // An interrupted run may already have deleted the volume.
      refuseExcess(excessOf(plan, volumeOf(name)), stack);
      return Promise.resolve();
    });
    const server = await this.apiServer(name);
    if (server?.protection.delete) await api.setProtection(server, false);
    if (server) await api.deleteServer(server);
    const volume = await api.volume(`${config.environment}-${name}-data`);
    if (volume?.protection.delete) await api.setProtection(volume, false, "volumes");
    if (volume) await api.deleteVolume(volume);
    report("the server and its data volume are deleted");
    await foundation.plan({}, async ({ plan, apply }) => {
      refuseExcess(excessOf(plan, volumeOf(name)), stack);
      if (actionsOf(plan).length > 0) await apply();
    });
  }

  /** Lifts the protection of the old server, so that the plan can delete it. If the server is outside the state, deletes it. */
  private async clearTheWay(server: ServerConfig, actions: readonly string[], report: Report): Promise<void> {
    const { api } = this.props;
    const found = await this.apiServer(server.name);
    if (found === undefined) return;
    if (found.protection.delete) {
      report("protection is lifted for this server");
      await api.setProtection(found, false);
    }
    if (!actions.includes(`creates ${addressOf(server)}`)) return;
    // The server is not imported into the state. After an interruption, the next run would assume that an imported server was created
    // completely.
    report(`server ${found.id} is in no Terraform state, because an interrupted run created it; removes it`);
    await api.deleteServer(found);
  }

  private async getReady(report: Report): Promise<void> {
    await this.props.synthesize();
    report("the configuration passes");
    for (const stack of this.inwards) await stack.init();
  }

  /** Returns true if a server was created with the secrets of the last deploy. Servers of older versions have no label with a digest. */
  private hasSecrets(labels: ApiServer["labels"]): boolean {
    return Object.entries(this.props.secretDigests).every(
      ([label, wanted]) => wanted === "none" || (labels[label] ?? wanted) === wanted,
    );
  }

  private apiServers(): Promise<readonly ApiServer[]> {
    return this.props.api.servers(`environment=${this.props.config.environment}`);
  }

  private async apiServer(name: string): Promise<ApiServer | undefined> {
    return (await this.apiServers()).find((server) => server.name === name);
  }
}

function refuseExcess(excess: readonly string[], stack: string, purpose = "replace this server"): void {
  if (excess.length === 0) return;
  throw new Error(
    `refused: the plan would do more than ${purpose}:\n  ${excess.join("\n  ")}\ndeploy those changes first: npx cdktf deploy ${stack}`,
  );
}
