import { secondBalancerId } from "../../modules/derived/balancer.js";
import type { Config } from "../../modules/config/schema.js";
import { siteHosts } from "../../modules/platform/names.js";
import { sleep } from "../core/shell.js";
import type { Stack, StateResource } from "../terraform/terraform.js";
import { stateKinds, type HetznerApi } from "./api.js";
import {
  identityProblems,
  movedProblems,
  zoneProblems,
  type FoundResource,
  type FoundZone,
  type Identity,
} from "./identity.js";

/** Properties of {@link identify}. */
export interface IdentifyProps {
  readonly config: Config;
  /** Stacks whose states are compared. */
  readonly stacks: readonly Stack[];
  readonly api: HetznerApi;
  readonly variables: NodeJS.ProcessEnv;
  readonly handles?: Identity["handles"];
}

/** Maximum seconds to wait for one response. */
const answerSeconds = 20;

/**
 * Compares the projects and accounts of the tokens with the Terraform states. It changes nothing.
 * @throws Error with all tokens, states and environments that do not belong together
 */
export async function identify(props: IdentifyProps): Promise<void> {
  const { stacks } = props;
  for (const stack of stacks) await stack.init();
  const state = (await Promise.all(stacks.map((stack) => stack.resources()))).flat();
  const problems = (
    await Promise.all([hetznerProblems(props, state), cloudflareProblems(props, state), datadogProblems(props, state)])
  ).flat();
  problems.push(...movedProblems(props.config.servers, state));
  if (problems.length > 0)
    throw new Error(
      `refused before any change; tokens, state and environment must belong together:\n  ${problems.join("\n  ")}`,
    );
}

async function hetznerProblems(
  { config, api, handles }: IdentifyProps,
  state: readonly StateResource[],
): Promise<readonly string[]> {
  const kinds = Object.entries(stateKinds);
  const found = await Promise.all(
    kinds.map(async ([type, path]) =>
      (await api.list(path)).map(({ id, name, labels }): FoundResource => ({
        type,
        id: `${id}`,
        name,
        environment: labels["environment"],
      })),
    ),
  );
  return identityProblems({
    environment: config.environment,
    token: "HCLOUD_TOKEN",
    project: "Hetzner project",
    state: state.filter(({ type }) => type in stateKinds),
    found: found.flat(),
    ...(handles && { handles }),
  });
}

async function cloudflareProblems(
  { config, stacks, variables }: IdentifyProps,
  state: readonly StateResource[],
): Promise<readonly string[]> {
  if (!stacks.some(({ name }) => name.endsWith("-edge"))) return [];
  const { CLOUDFLARE_API_TOKEN: token, CLOUDFLARE_BASE_URL: base = "https://api.cloudflare.com/client/v4" } = variables;
  if (!token) return ["CLOUDFLARE_API_TOKEN: is not set; set a token with access to the zone"];
  const headers = { Authorization: `Bearer ${token}` };
  const ids = new Set(state.flatMap(({ attributes: { zone_id: id } }) => (typeof id === "string" ? [id] : [])));
  const visible = await Promise.all([
    askJson<{ result: readonly FoundZone[] }>(`${base}/zones?name=${config.domain}`, headers).then(
      (answer) => answer?.result ?? [],
    ),
    ...[...ids].map(async (id) => {
      const answer = await askJson<{ result: FoundZone }>(`${base}/zones/${id}`, headers);
      return answer ? [answer.result] : [];
    }),
  ]);
  const problems = zoneProblems(config.domain, state, visible.flat());
  return problems.length > 0
    ? problems
    : leftProblems(config, state, [...ids], (path) => askJson(`${base}${path}`, headers));
}

/**
 * Checks for DNS records of a removed second load balancer. They are not in the state, so a deploy would leave them, and visitors would be
 * directed to a missing load balancer.
 */
async function leftProblems(
  config: Config,
  state: readonly StateResource[],
  zones: readonly string[],
  ask: (path: string) => Promise<{ readonly result: readonly { readonly content: string }[] } | undefined>,
): Promise<readonly string[]> {
  const left = state.find(({ address }) => address === `hcloud_load_balancer.${secondBalancerId}`)?.attributes["ipv4"];
  if (config.loadBalancer.second !== undefined || typeof left !== "string") return [];
  const paths = zones.flatMap((zone) =>
    siteHosts(config).map((host) => `/zones/${zone}/dns_records?name=${host.toLowerCase()}`),
  );
  const records = (await Promise.all(paths.map(ask))).flatMap((answer) => answer?.result ?? []);
  if (!records.some(({ content }) => content === left)) return [];
  return [
    `loadBalancer.second: is not set, but visitors are directed to the second load balancer (${left}); before the deploy, run: npm run ops balancers first`,
  ];
}

interface Monitor {
  readonly id: number;
  readonly name: string;
  readonly tags: readonly string[];
}

const monitorType = "datadog_monitor";

async function datadogProblems(
  { config, stacks, variables }: IdentifyProps,
  state: readonly StateResource[],
): Promise<readonly string[]> {
  if (!stacks.some(({ name }) => name.endsWith("-monitoring"))) return [];
  const {
    DD_API_KEY: key,
    DD_APP_KEY: application,
    DD_HOST: host = `https://api.${config.monitoring.site}`,
  } = variables;
  // Without keys this check is skipped: Terraform reports missing keys when it plans the monitoring stack, and the other stacks need no
  // keys.
  if (!key || !application) return [];
  const monitors = await askJson<readonly Monitor[]>(`${host}/api/v1/monitor`, {
    "DD-API-KEY": key,
    "DD-APPLICATION-KEY": application,
  });
  if (monitors === undefined)
    return ["DD_API_KEY, DD_APP_KEY: Datadog rejects them; set the keys of this environment's organisation"];
  return identityProblems({
    environment: config.environment,
    token: "DD_API_KEY, DD_APP_KEY",
    project: "Datadog organisation",
    state: state.filter(({ type }) => type === monitorType),
    found: monitors
      .map(({ id, name, tags }) => ({
        type: monitorType,
        id: `${id}`,
        name,
        environment: tags.find((tag) => tag.startsWith("env:"))?.slice("env:".length),
      }))
      // A Datadog organisation may contain other environments and manually created monitors.
      .filter(({ id, environment }) => isInState(state, id) || environment === config.environment),
  });
}

const isInState = (state: readonly StateResource[], id: string): boolean =>
  state.some(({ type, attributes }) => type === monitorType && String(attributes["id"]) === id);

/**
 * Sends a request to a vendor's API. @returns `undefined` if the token cannot see the resource @throws Error if the vendor does not answer
 */
async function askJson<T>(url: string, headers: Readonly<Record<string, string>>): Promise<T | undefined> {
  const place = new URL(url).host;
  for (let attempt = 1; ; attempt++) {
    try {
      const answer = await fetch(url, { headers, signal: AbortSignal.timeout(answerSeconds * 1000) });
      const isBusy = answer.status === 429 || answer.status >= 500;
      if (!isBusy) return answer.ok ? ((await answer.json()) as T) : undefined;
      if (attempt === attempts) throw new Error(`answers ${answer.status}`);
    } catch (error) {
      if (attempt === attempts) throw new Error(`${place}: ${(error as Error).message}`, { cause: error });
    }
    await sleep(attempt);
  }
}

const attempts = 4;
