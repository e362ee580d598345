import { formerOf } from "../../modules/derived/agreement.js";
import { balancerId, balancerName, siteId } from "../../modules/derived/balancer.js";
import { formerDomain, type Config, serversWithRole } from "../../modules/config/schema.js";
import { siteHosts } from "../../modules/platform/names.js";
import { waitUntil } from "../core/shell.js";
import type { Balancers, BalancerMigration, Report } from "../core/site.js";
import type { Allowed } from "../terraform/allowed.js";
import {
  changeoverNumber,
  type ChangeoverSteps,
  changeoverSteps,
  type PlannedBalancer,
} from "../terraform/changeover.js";
import { actionsOf, excessOf } from "../terraform/plan.js";
import type { Stack } from "../terraform/terraform.js";
import type { ApiBalancer, ApiServer, HetznerApi } from "./api.js";

/** Properties of {@link HetznerBalancers}. */
export interface HetznerBalancersProps {
  /** The environment. */
  readonly config: Config;
  /** Client of Hetzner's API. */
  readonly api: HetznerApi;
  /** The stack of load balancers and DNS records. */
  readonly edge: Stack;
  /** Synthesizes the stacks again and checks them against the policies. @throws if a check fails */
  readonly synthesize: () => Promise<void>;
  /** Returns the HTTP status of a response to a visitor. @default - sends a request from this machine */
  readonly visit?: (url: string) => Promise<number>;
  /** Maximum seconds until visitors of a new domain get a response. @default 120 */
  readonly answerSeconds?: number;
}

const visit = async (url: string): Promise<number> =>
  (await fetch(url, { redirect: "manual", signal: AbortSignal.timeout(10_000) })).status;

/** Returns for each target of a load balancer, by server name, whether it passes all health checks. Pure. */
export function healthOf(
  { targets }: Pick<ApiBalancer, "targets">,
  servers: readonly Pick<ApiServer, "id" | "name">[],
): ReadonlyMap<string, boolean> {
  const names = new Map(servers.map(({ id, name }) => [id, name]));
  const found = targets.flatMap(({ server, health_status = [] }) => {
    const name = server && names.get(server.id);
    const passes = health_status.length > 0 && health_status.every(({ status }) => status === "healthy");
    return name === undefined ? [] : [[name, passes] as const];
  });
  return new Map(found);
}

const planned = (config: Config): PlannedBalancer => ({
  id: balancerId(config),
  site: siteId(config),
  tls: config.tls,
});

/**
 * Migrates between two load balancers that Terraform manages. Each plan is checked before it is applied. Two numbers in the state store
 * the progress.
 */
export class HetznerBalancers implements Balancers {
  private readonly former: Config;
  private readonly steps: ChangeoverSteps;
  private isReady: Promise<void> | undefined;

  /** @throws Error if the configuration has no previous load balancer */
  constructor(private readonly props: HetznerBalancersProps) {
    const former = formerOf(props.config);
    if (former === undefined) throw new Error("loadBalancer.formerly is not set");
    this.former = former;
    const web = serversWithRole(props.config, "web").map(({ name }) => name);
    this.steps = changeoverSteps(planned(props.config), planned(former), web);
  }

  async changeover(): Promise<BalancerMigration> {
    const { config, edge } = this.props;
    const [outputs, balancers] = await Promise.all([edge.outputs(), this.balancers()]);
    // This output does not exist before the first deploy with a previous load balancer.
    const { used, only } = (outputs["balancer_change"] ?? {}) as { readonly used?: number; readonly only?: number };
    const { number } = config.loadBalancer;
    // Without this check, a load balancer that a deploy created in addition to the only one would be overlooked.
    const isAlone = !balancers.some(({ name }) => name === balancerName(this.former));
    return { pointed: used === number, over: only === number && isAlone };
  }

  async healthy(): Promise<readonly string[]> {
    const { api, config } = this.props;
    const [servers, balancers] = await Promise.all([
      api.servers(`environment=${config.environment}`),
      this.balancers(),
    ]);
    const balancer = balancers.find(({ name }) => name === balancerName(config));
    if (balancer === undefined) return [];
    return [...healthOf(balancer, servers)].flatMap(([name, isHealthy]) => (isHealthy ? [name] : []));
  }

  async open(report: Report): Promise<void> {
    await this.getReady(report);
    const { config, api } = this.props;
    const balancers = await this.balancers();
    const [now, before] = [balancerName(config), balancerName(this.former)];
    if (!balancers.some(({ name }) => name === before))
      throw new Error(
        `refused: loadBalancer.formerly is set, but Hetzner has no load balancer ${before}; it has ${balancers.map(({ name }) => name).join(", ") || "none"}. ` +
          "loadBalancer.number must differ from the number of the active load balancer",
      );
    await this.apply({
      purpose: "create a second load balancer",
      // The state may still record a load balancer of an earlier migration as the only one.
      override: numberOf("only", 0),
      allowed: this.steps.open,
      report,
      first: async (actions) => {
        const stray = balancers.find(({ name }) => name === now);
        if (stray === undefined || !actions.includes(`creates hcloud_load_balancer.${balancerId(config)}`)) return;
        report(`load balancer ${stray.id} is in no Terraform state, because an interrupted run created it; removes it`);
        if (stray.targets.length > 0)
          throw new Error(`refused: load balancer ${now} is in no Terraform state, but has targets`);
        if (stray.protection.delete) await api.setProtection(stray, false, "load_balancers");
        await api.deleteBalancer(stray);
      },
    });
    await this.awaitAnswer(report);
  }

  async part(report: Report): Promise<void> {
    await this.getReady(report);
    await this.apply({
      purpose: "serve both names without a redirect",
      override: numberOf("used", 0),
      allowed: this.steps.part,
      report,
    });
  }

  async point(report: Report): Promise<void> {
    await this.getReady(report);
    await this.awaitAnswer(report);
    await this.apply({
      purpose: "direct visitors to the new load balancer",
      override: numberOf("used", this.props.config.loadBalancer.number),
      allowed: this.steps.point,
      report,
    });
  }

  async close(report: Report): Promise<void> {
    await this.getReady(report);
    const { config, api } = this.props;
    const { close, closing, note } = this.steps;
    await this.apply({
      purpose: "remove the previous load balancer",
      override: without(Object.keys(close), balancerId(this.former)),
      allowed: { ...close, ...closing },
      report,
      first: async () => {
        const last = (await this.balancers()).find(({ name }) => name === balancerName(this.former));
        if (last?.protection.delete) await api.setProtection(last, false, "load_balancers");
      },
    });
    // The end of the migration is recorded only after all deletions. After an interruption, the next run deletes the remaining resources.
    await this.apply({
      purpose: "record that only one load balancer is left",
      override: numberOf("only", config.loadBalancer.number),
      allowed: note,
      report,
    });
  }

  /**
   * Waits until visitors of a new domain get a response, which may be a redirect to the old domain. A response proves that the zone is
   * active and has a certificate.
   */
  private async awaitAnswer(report: Report): Promise<void> {
    const { config, visit: ask = visit, answerSeconds = 120 } = this.props;
    if (formerDomain(config) === undefined) return;
    const url = `https://${siteHosts(config)[0]}${config.application.pagePath}`;
    await waitUntil(
      `${url} answers: its zone at Cloudflare is active, with a certificate for visitors`,
      async () => {
        const answer = await ask(url).catch(({ message, cause }: Error) =>
          cause instanceof Error ? `${message}: ${cause.message}` : message,
        );
        return typeof answer === "number" && answer < 500 ? undefined : `${answer}`;
      },
      { limitSeconds: answerSeconds, report },
    );
  }

  private async getReady(report: Report): Promise<void> {
    this.isReady ??= this.props.synthesize().then(() => this.props.edge.init());
    await this.isReady;
    report("the configuration passes");
  }

  private balancers(): Promise<readonly ApiBalancer[]> {
    return this.props.api.balancers(`environment=${this.props.config.environment}`);
  }

  /**
   * Plans a copy of the stack with these overrides, and applies the plan if it contains only allowed changes. @param first is called
   * before the plan is applied
   */
  private async apply({
    purpose,
    override,
    allowed,
    report,
    first,
  }: {
    readonly purpose: string;
    readonly override: object;
    readonly allowed: Allowed;
    readonly report: Report;
    readonly first?: (actions: readonly string[]) => Promise<void>;
  }): Promise<void> {
    const { config, edge } = this.props;
    const copy = await edge.overridden({ resource: override });
    try {
      await copy.plan({}, async ({ plan, apply }) => {
        const excess = excessOf(plan, allowed);
        if (excess.length > 0)
          throw new Error(
            `refused: the plan would do more than ${purpose}:\n  ${excess.join("\n  ")}\n` +
              `deploy the other changes first, without the load balancer migration: npx cdktf deploy ${config.environment}-edge`,
          );
        const actions = actionsOf(plan);
        for (const action of actions) report(action);
        await first?.(actions);
        // A plan without resource changes is applied too, because outputs may have changed.
        await apply();
      });
    } finally {
      await copy.discard();
    }
  }
}

/** Returns overrides that set the count of these resources to 0 and lift their protection. @param addresses addresses with their index */
function without(addresses: readonly string[], balancer: string): object {
  const resource: Record<string, Record<string, object>> = {};
  for (const address of addresses) {
    const [type = "", name = ""] = address.replace("[0]", "").split(".");
    resource[type] = { ...resource[type], [name]: { count: 0 } };
  }
  const protectedOne = { count: 0, lifecycle: { prevent_destroy: false } };
  return { ...resource, hcloud_load_balancer: { [balancer]: protectedOne } };
}

/**
 * Returns overrides that write a number which deploys do not change. An empty list of ignored attributes would have no effect, so the list
 * contains an attribute that is never set.
 */
const numberOf = (which: keyof typeof changeoverNumber, input: number): object => ({
  terraform_data: { [changeoverNumber[which]]: { input, lifecycle: { ignore_changes: ["triggers_replace"] } } },
});
