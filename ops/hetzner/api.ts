import { verifyLock } from "../core/lock.js";
import { sleep } from "../core/shell.js";

/** A server in the format of Hetzner's API, without fields that are not used here. */
export interface ApiServer {
  readonly id: number;
  readonly name: string;
  /** State of the server: running, off, starting, stopping, deleting, … */
  readonly status: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly server_type: { readonly name: string };
  readonly protection: { readonly delete: boolean; readonly rebuild: boolean };
  readonly private_net?: readonly { readonly ip: string }[];
}

/** Paths in the API of resource types that have labels. The keys are Terraform's resource types. */
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

/** Fields that all resources with labels have. */
export interface ApiResource {
  readonly id: number;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** Resource types that Hetzner can protect, as they are named in the API's paths. */
export type Protected = "servers" | "volumes" | "primary_ips" | "load_balancers";

/** A server as the target of a load balancer, with the result of each health check. */
export interface ApiTarget {
  readonly type: string;
  /** @default - absent: the target is not a server */
  readonly server?: { readonly id: number };
  /** @default - absent: not checked yet */
  readonly health_status?: readonly { readonly listen_port: number; readonly status: string }[];
}

/** A load balancer in the format of Hetzner's API, without fields that are not used here. */
export interface ApiBalancer {
  readonly id: number;
  readonly name: string;
  readonly protection: { readonly delete: boolean };
  readonly public_net?: { readonly ipv4: { readonly ip: string } };
  readonly targets: readonly ApiTarget[];
}

/** Date after which a type or image can no longer be ordered. */
interface Deprecation {
  readonly unavailable_after: string;
}

/** A server type in the format of Hetzner's API. `available` is Hetzner's hint about stock; it can be wrong in both directions. */
export interface ApiServerType {
  readonly name: string;
  readonly locations: readonly {
    readonly name: string;
    readonly available?: boolean;
    readonly deprecation?: Deprecation | null;
  }[];
}

/** An image in the format of Hetzner's API. */
export interface ApiImage {
  readonly name: string | null;
}

/** Options of the client. */
export interface HetznerApiProps {
  /** `HCLOUD_TOKEN`. */
  readonly token: string;
  /** @default "https://api.hetzner.cloud/v1" */
  readonly endpoint?: string;
  /** Seconds to wait before the first retry. The wait doubles with each retry. @default 1 */
  readonly pauseSeconds?: number;
  /** Maximum number of retries. @default 5, which wait about half a minute in all */
  readonly repetitions?: number;
  /** Maximum seconds to wait for one response. @default 20 */
  readonly answerSeconds?: number;
}

/** Statuses below 500 of temporary errors: no response (0), a concurrent change, a lock of another action, too many requests. */
const notNow: ReadonlySet<number> = new Set([0, 409, 423, 429]);

const isBusy = (status: number): boolean => notNow.has(status) || status >= 500;

/**
 * Client for calls of Hetzner's API that Terraform cannot make. A request is retried if it gets no response, if Hetzner is busy, or if
 * another action, such as the daily backup, locks the resource.
 */
export class HetznerApi {
  constructor(private readonly props: HetznerApiProps) {}

  /** Returns the servers with this label. */
  servers(selector: string): Promise<readonly ApiServer[]> {
    return this.list<ApiServer>("servers", selector);
  }

  /** Returns all server types, including types that cannot be ordered. */
  serverTypes(): Promise<readonly ApiServerType[]> {
    return this.list<ApiServerType>("server_types");
  }

  /** Returns the system images with this name that can be ordered. Deprecated images are included. */
  async images(name: string): Promise<readonly ApiImage[]> {
    const query = new URLSearchParams({ type: "system", status: "available", include_deprecated: "true", name });
    return (await this.ask<{ images: readonly ApiImage[] }>("GET", `/images?${query.toString()}`)).images;
  }

  /** Returns the load balancers with this label. */
  balancers(selector: string): Promise<readonly ApiBalancer[]> {
    return this.list<ApiBalancer>("load_balancers", selector);
  }

  /**
   * Returns the resources of all pages of a list. @param selector label that the resources must have @default - all resources of the
   * project
   */
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

  /** Requests an orderly shutdown (ACPI). */
  async shutDown({ id }: Pick<ApiServer, "id">): Promise<void> {
    await this.act(`/servers/${id}/actions/shutdown`, {});
  }

  /** Powers the server off immediately. */
  async cutPower({ id }: Pick<ApiServer, "id">): Promise<void> {
    await this.act(`/servers/${id}/actions/poweroff`, {});
  }

  /** Replaces all labels of a server. */
  async setLabels({ id }: Pick<ApiServer, "id">, labels: ApiServer["labels"]): Promise<void> {
    await this.ask("PUT", `/servers/${id}`, { labels });
  }

  /** Sets the protection of a resource. Hetzner accepts the two protections of a server (delete, rebuild) only with the same value. */
  async setProtection({ id }: { readonly id: number }, value: boolean, kind: Protected = "servers"): Promise<void> {
    const protections = kind === "servers" ? { delete: value, rebuild: value } : { delete: value };
    await this.act(`/${kind}/${id}/actions/change_protection`, protections);
  }

  /** Deletes a server. Its addresses and its volume are kept. */
  async deleteServer({ id }: Pick<ApiServer, "id">): Promise<void> {
    await this.act(`/servers/${id}`, undefined, "DELETE");
  }

  /** Returns the volume with this name. */
  async volume(name: string): Promise<ApiVolume | undefined> {
    const answer = await this.ask<{ volumes: readonly ApiVolume[] }>(
      "GET",
      `/volumes?name=${encodeURIComponent(name)}`,
    );
    return answer.volumes.find((volume) => volume.name === name);
  }

  /** Deletes a volume that is attached to no server, with all its data. */
  async deleteVolume({ id }: Pick<ApiVolume, "id">): Promise<void> {
    await this.ask("DELETE", `/volumes/${id}`);
  }

  /** Deletes a load balancer. */
  async deleteBalancer({ id }: Pick<ApiBalancer, "id">): Promise<void> {
    await this.ask("DELETE", `/load_balancers/${id}`);
  }

  /** Starts an action and waits until it ends. @throws Error if the action fails or takes more than two minutes */
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
      // The lock is verified before every attempt, because another run may have taken it while this machine was suspended.
      if (method !== "GET") await verifyLock();
      const { ok, status, text } = await this.send(method, path, body);
      if (ok) return JSON.parse(text || "{}") as T;
      // The resource is already deleted, by another person or by an earlier attempt whose response was lost.
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
        // An incomplete response counts as no response.
        .catch(({ cause, message }: Error) => ({
          ok: false,
          status: 0,
          text: cause instanceof Error ? cause.message : message,
        }))
    );
  }
}

/** A volume in the format of Hetzner's API, without fields that are not used here. */
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
  /** @default - absent: the action has not failed */
  readonly error?: { readonly message: string } | null;
}

function messageIn(text: string): string {
  try {
    return (JSON.parse(text) as { error: { message: string } }).error.message;
  } catch {
    return text.slice(0, 200);
  }
}
