import { connect } from "node:net";
import { balancersOf, type BalancerSettings } from "../../modules/derived/balancer.js";
import type { Config } from "../../modules/config/schema.js";
import { siteHosts } from "../../modules/platform/names.js";
import { ports } from "../../modules/platform/ports.js";
import type { BalancerState, Directed, Direction, Report } from "../core/site.js";
import type { ApiBalancer, ApiServer, HetznerApi } from "./api.js";
import { healthOf } from "./balancers.js";
import type { CloudflareApi, DnsRecord, RecordChanges } from "./cloudflare.js";

/** Comment of the DNS records that exist only while visitors are directed to both load balancers. Terraform manages the other records. */
export const extraComment = "second load balancer, created by npm run ops balancers";

/** A host name of the site with its A records. */
export interface Host {
  readonly name: string;
  /**
   * The record that a deploy created. It contains the address of the first load balancer, or of the second load balancer if only the
   * second serves visitors.
   */
  readonly managed: Pick<DnsRecord, "id" | "content">;
  /** Further records, which contain the address of the second load balancer. */
  readonly extra: readonly Pick<DnsRecord, "id" | "content">[];
}

/** Public address of each load balancer. */
export type Addresses = Readonly<Partial<Record<BalancerSettings["which"], string>>>;

/** Returns the necessary changes of DNS records, and a line for each changed host. Pure. */
function changesOf(hosts: readonly Host[], wanted: Directed, { first = "", second = "" }: Addresses) {
  const content = wanted === "second" ? second : first;
  const kept = wanted === "both" ? second : undefined;
  const changes = {
    deletes: hosts.flatMap(({ extra }) => extra.filter((one) => one.content !== kept).map(({ id }) => ({ id }))),
    patches: hosts.flatMap(({ managed: { id, content: old } }) => (old === content ? [] : [{ id, content }])),
    posts: hosts
      .filter(({ extra }) => kept !== undefined && !extra.some((one) => one.content === kept))
      .map(({ name }) => ({ name, type: "A", content: second, ttl: 1, proxied: true, comment: extraComment })),
  } satisfies RecordChanges;
  const after = [content, ...(kept === undefined ? [] : [kept])].join(", ");
  const lines = hosts.flatMap(({ name, managed, extra }) => {
    const before = [managed, ...extra].map((record) => record.content).join(", ");
    return before === after ? [] : [`${name}: A ${before} -> ${after}`];
  });
  return { changes, lines };
}

/** Properties of {@link HetznerDirection}. */
export interface HetznerDirectionProps {
  readonly config: Config;
  readonly api: HetznerApi;
  readonly cloudflare: CloudflareApi;
  /** Returns the reason why an address accepts no connection, or `undefined`. @default - tries to connect from this machine */
  readonly refusalOf?: (address: string) => Promise<string | undefined>;
}

const connectMs = 5000;

const connectionRefusal = (host: string): Promise<string | undefined> =>
  new Promise((done) => {
    const socket = connect({ host, port: ports.balancerHttps });
    const end = (refusal?: string): void => {
      socket.destroy();
      done(refusal);
    };
    socket.setTimeout(connectMs, () => end(`no answer within ${connectMs / 1000} s`));
    socket.once("error", (error) => end(error.message));
    socket.once("connect", () => end());
  });

/** Maximum number of attempts to change records. The records are read again before each attempt. */
const attempts = 3;

/**
 * Directs visitors through Cloudflare's API. Only the DNS records store to which load balancer visitors are directed, and deploys do not
 * change the content of these records. So the
 * command needs neither Terraform's state nor the lock; their bucket may be lost with a location.
 */
export class HetznerDirection implements Direction {
  private zone: Promise<string> | undefined;

  constructor(private readonly props: HetznerDirectionProps) {}

  async balancers(): Promise<readonly BalancerState[]> {
    const { config, refusalOf = connectionRefusal } = this.props;
    const [hosts, found] = await Promise.all([this.hosts(), this.found()]);
    return Promise.all(
      balancersOf(config).map(async ({ which, name, location }): Promise<BalancerState> => {
        const balancer = found?.balancers.find((one) => one.name === name);
        const address = found ? balancer?.public_net?.ipv4.ip : addressIn(hosts, which);
        const healthy =
          found &&
          [...healthOf(balancer ?? { targets: [] }, found.servers)].flatMap(([server, ok]) => (ok ? [server] : []));
        return {
          ...{ which, name, location },
          ...(address !== undefined && { address }),
          ...(healthy && { healthy }),
          directed: address !== undefined && hosts.every((host) => contentsOf(host).includes(address)),
          refusal: address === undefined ? undefined : await refusalOf(address),
        };
      }),
    );
  }

  async direct(wanted: Directed, balancers: readonly BalancerState[], report: Report): Promise<void> {
    const addresses: Addresses = Object.fromEntries(balancers.map(({ which, address }) => [which, address]));
    for (let left = attempts; ; left--) {
      const { changes, lines } = changesOf(await this.hosts(), wanted, addresses);
      if (lines.length === 0) return;
      if (left === 0)
        throw new Error(`the DNS records are not correct after ${attempts} attempts: ${lines.join("; ")}`);
      for (const line of lines) report(line);
      await this.props.cloudflare.change(await this.zoneId(), changes).catch((error: Error) => report(error.message));
    }
  }

  /** Reads the load balancers. @returns `undefined` if Hetzner's API does not answer, which is possible while a location is lost */
  private async found(): Promise<
    { readonly servers: readonly ApiServer[]; readonly balancers: readonly ApiBalancer[] } | undefined
  > {
    const { api, config } = this.props;
    const selector = `environment=${config.environment}`;
    try {
      const [servers, balancers] = await Promise.all([api.servers(selector), api.balancers(selector)]);
      return { servers, balancers };
    } catch (error) {
      if (/no answer|: 5\d\d /.test((error as Error).message)) return undefined;
      throw error;
    }
  }

  private zoneId(): Promise<string> {
    const { domain, cloudflare } = this.props.config;
    return (this.zone ??= this.props.cloudflare.zoneId(cloudflare.zoneName ?? domain, cloudflare.accountName));
  }

  /** Reads the DNS records of all host names. @throws Error if there are other records than a deploy and this class create */
  private async hosts(): Promise<readonly Host[]> {
    const { config, cloudflare } = this.props;
    const zone = await this.zoneId();
    return Promise.all(
      siteHosts(config).map(async (name) =>
        hostOf(name.toLowerCase(), await cloudflare.records(zone, name.toLowerCase()), config),
      ),
    );
  }
}

function hostOf(name: string, records: readonly DnsRecord[], { loadBalancer: { second } }: Config): Host {
  const found = records.filter(({ type }) => type === "A" || (type === "AAAA" && second !== undefined));
  const [managed, ...others] = found.filter(({ comment }) => comment !== extraComment);
  if (managed?.type !== "A" || others.length > 0)
    throw new Error(
      `${name}: must have one A record from a deploy, but has ${found.map(({ type, content }) => `${type} ${content}`).join(", ") || "none"}; run npm run deploy, or remove what it did not create`,
    );
  return { name, managed, extra: found.filter(({ comment }) => comment === extraComment) };
}

const contentsOf = ({ managed, extra }: Host): readonly string[] => [managed, ...extra].map(({ content }) => content);

/**
 * Returns the address of a load balancer from the records, if there are records for both load balancers. A single record does not show to
 * which load balancer it belongs.
 */
const addressIn = ([host]: readonly Host[], which: BalancerSettings["which"]): string | undefined =>
  host?.extra[0] && (which === "first" ? host.managed.content : host.extra[0].content);
