import { verifyLock } from "../core/lock.js";
import { sleep } from "../core/shell.js";

/** A server as Hetzner's API describes it; what is not used here is left out. */
export interface ApiServer {
  readonly id: number;
  readonly name: string;
  /** running, off, starting, stopping, deleting, … */
  readonly status: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly server_type: { readonly name: string };
  readonly protection: { readonly delete: boolean; readonly rebuild: boolean };
  readonly private_net?: readonly { readonly ip: string }[];
}

/** Path in the API of the resources that take labels, by their type in Terraform. */
export const stateKinds = {
  hcloud_server: "servers",
  hcloud_volume: "volumes",
  hcloud_primary_ip: "primary_ips",
  hcloud_network: "networks",
  hcloud_firewall: "firewalls",
  hcloud_load_balancer: "load_balancers",
  hcloud_placement_group: "placement_groups",
  hcloud_ssh_key: "ssh_keys",
  hcloud_uploaded_certificate: "certificates",
} as const;

type StateKind = (typeof stateKinds)[keyof typeof stateKinds];

/** What all resources with labels have in common. */
export interface ApiResource {
  readonly id: number;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** What Hetzner can protect, by the word of its addresses in the API. */
export type Protected = "servers" | "volumes" | "primary_ips" | "load_balancers";

/** A target of a balancer: one server, with the health of each service. */
export interface ApiTarget {
  readonly type: string;
  /** @default - absent: the target is no server */
  readonly server?: { readonly id: number };
  /** @default - absent: not checked yet */
  readonly health_status?: readonly { readonly listen_port: number; readonly status: string }[];
}

/** A load balancer as Hetzner's API describes it; what is not used here is left out. */
export interface ApiBalancer {
  readonly id: number;
  readonly name: string;
  readonly protection: { readonly delete: boolean };
  readonly public_net?: { readonly ipv4: { readonly ip: string } };
  readonly targets: readonly ApiTarget[];
}

/** When something cannot be ordered any more. */
interface Deprecation {
  readonly unavailable_after: string;
}

/** A server type as Hetzner's API describes it. `available` is Hetzner's hint on stock; it can be wrong in both directions. */
export interface ApiServerType {
  readonly name: string;
  readonly locations: readonly {
    readonly name: string;
    readonly available?: boolean;
    readonly deprecation?: Deprecation | null;
  }[];
}

/** An image as Hetzner's API describes it. */
export interface ApiImage {
  readonly name: string | null;
}

/** What the client is made with. */
export interface HetznerApiProps {
  /** `HCLOUD_TOKEN`. */
  readonly token: string;
  /** @default "https://api.hetzner.cloud/v1" */
  readonly endpoint?: string;
  /** Seconds before the first repetition; doubled with each. @default 1 */
  readonly pauseSeconds?: number;
  /** Repetitions of a request that cannot be done now. @default 5: for half a minute */
  readonly repetitions?: number;
  /** Longest wait for one answer. @default 20 */
  readonly answerSeconds?: number;
}

/** What below 500 only says not now: no answer, a change by somebody else at this moment, another action's lock, too many requests. */
const notNow: ReadonlySet<number> = new Set([0, 409, 423, 429]);

const isBusy = (status: number): boolean => notNow.has(status) || status >= 500;

/**
 * The few calls of Hetzner's API that Terraform cannot make. Repeated is a request that gets no answer, that Hetzner is too busy for, or that
 * is about something which another action holds, as the daily backup does.
 */
export class HetznerApi {
  constructor(private readonly props: HetznerApiProps) {}

  /** Servers with this label. */
  servers(selector: string): Promise<readonly ApiServer[]> {
    return this.list<ApiServer>("servers", selector);
  }

  /** All server types, also those that cannot be ordered. */
  serverTypes(): Promise<readonly ApiServerType[]> {
    return this.list<ApiServerType>("server_types");
  }

  /** System images with this name that can be ordered, deprecated ones included. */
  async images(name: string): Promise<readonly ApiImage[]> {
    const query = new URLSearchParams({ type: "system", status: "available", include_deprecated: "true", name });
    return (await this.ask<{ images: readonly ApiImage[] }>("GET", `/images?${query.toString()}`)).images;
  }

  /** Load balancers with this label. */
  balancers(selector: string): Promise<readonly ApiBalancer[]> {
    return this.list<ApiBalancer>("load_balancers", selector);
  }

  /** All pages of a list. @param selector label that the resources must have @default - all resources of the project */
  async list<T = ApiResource>(kind: StateKind | "server_types", selector?: string): Promise<readonly T[]> {
    const found: T[] = [];
    for (let page: number | null = 1; page !== null;) {
      const query = new URLSearchParams({
        ...(selector !== undefined && { label_selector: selector }),
        per_page: "50",
        page: String(page),
      });
      const answer: Page<T> = await this.ask<Page<T>>("GET", `/${kind}?${query.toString()}`);
      found.push(...answer[kind]);
      page = answer.meta?.pagination.next_page ?? null;
    }
    return found;
  }

  /** Asks for an orderly shutdown (ACPI). */
  async shutDown({ id }: Pick<ApiServer, "id">): Promise<void> {
    await this.act(`/servers/${id}/actions/shutdown`, {});
  }

  /** Switches it off at once. */
  async cutPower({ id }: Pick<ApiServer, "id">): Promise<void> {
    await this.act(`/servers/${id}/actions/poweroff`, {});
  }

  /** Writes all labels of a server. */
  async setLabels({ id }: Pick<ApiServer, "id">, labels: ApiServer["labels"]): Promise<void> {
    await this.ask("PUT", `/servers/${id}`, { labels });
  }

  /** Hetzner takes both protections of a server only with the same value. */
  async setProtection({ id }: { readonly id: number }, value: boolean, kind: Protected = "servers"): Promise<void> {
    const protections = kind === "servers" ? { delete: value, rebuild: value } : { delete: value };
    await this.act(`/${kind}/${id}/actions/change_protection`, protections);
  }

  /** Removes a server; its addresses and its volume stay. */
  async deleteServer({ id }: Pick<ApiServer, "id">): Promise<void> {
    await this.act(`/servers/${id}`, undefined, "DELETE");
  }

  /** The volume with this name. */
  async volume(name: string): Promise<ApiVolume | undefined> {
    const answer = await this.ask<{ volumes: readonly ApiVolume[] }>(
      "GET",
      `/volumes?name=${encodeURIComponent(name)}`,
    );
    return answer.volumes.find((volume) => volume.name === name);
  }

  /** Deletes a volume that is attached to no server, and all data on it. */
  async deleteVolume({ id }: Pick<ApiVolume, "id">): Promise<void> {
    await this.ask("DELETE", `/volumes/${id}`);
  }

  /** Removes a balancer. */
  async deleteBalancer({ id }: Pick<ApiBalancer, "id">): Promise<void> {
    await this.ask("DELETE", `/load_balancers/${id}`);
  }

  /** Starts an action and waits for its end. @throws when it fails or takes more than two minutes */
  private async act(path: string, body?: object, method = "POST"): Promise<void> {
    let { action } = await this.ask<{ action?: ApiAction }>(method, path, body);
    if (action === undefined) return;
    for (let waited = 0; action.status === "running" && waited < 120; waited++) {
      await sleep(1);
      ({ action } = await this.ask<{ action: ApiAction }>("GET", `/actions/${action.id}`));
    }
    if (action.status !== "success") throw new Error(`Hetzner: ${path}: ${action.error?.message ?? action.status}`);
  }

  private async ask<T>(method: string, path: string, body?: object): Promise<T> {
    const { pauseSeconds = 1, repetitions = 5 } = this.props;
    for (let attempt = 0; ; attempt++) {
      // Also before a repetition: another run may have taken the lock while this machine slept.
      if (method !== "GET") await verifyLock();
      const { ok, status, text } = await this.send(method, path, body);
      if (ok) return JSON.parse(text || "{}") as T;
      // Done by an attempt whose answer got lost, or by somebody else.
      if (method === "DELETE" && status === 404) return {} as T;
      if (!isBusy(status) || attempt >= repetitions)
        throw new Error(`Hetzner: ${method} ${path.split("?")[0]}: ${status || "no answer:"} ${messageIn(text)}`);
      await sleep(pauseSeconds * 2 ** attempt);
    }
  }

  private async send(method: string, path: string, body?: object) {
    const { token, endpoint = "https://api.hetzner.cloud/v1", answerSeconds = 20 } = this.props;
    return (
      fetch(`${endpoint}${path}`, {
        method,
        headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json" },
        ...(body && { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(answerSeconds * 1000),
      })
        .then(async (answer) => ({ ok: answer.ok, status: answer.status, text: await answer.text() }))
        // Including an answer that breaks off in the middle.
        .catch(({ cause, message }: Error) => ({
          ok: false,
          status: 0,
          text: cause instanceof Error ? cause.message : message,
        }))
    );
  }
}

/** A volume, as far as it is read here. */
export interface ApiVolume {
  readonly id: number;
  readonly name: string;
  readonly protection: { readonly delete: boolean };
}

type Page<T> = Readonly<Record<StateKind | "server_types", readonly T[]>> & {
  readonly meta?: { readonly pagination: { readonly next_page: number | null } };
};

interface ApiAction {
  readonly id: number;
  readonly status: string;
  /** @default - absent: it has not failed */
  readonly error?: { readonly message: string } | null;
}

function messageIn(text: string): string {
  try {
    return (JSON.parse(text) as { error: { message: string } }).error.message;
  } catch {
    return text.slice(0, 200);
  }
}
