import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout } from "node:timers/promises";

/** Fault of the network. A delay affects all requests; all other faults affect every third changing request, at most three times. */
export type Trouble = "lose responses" | "repeat requests" | "delay responses";

type Item = Record<string, unknown> & {
  id: number;
  name: string;
  labels?: object;
  protection?: Record<string, boolean>;
};
/** All resources of a project; the key is their path in the API. */
export type Project = Record<string, Item[]>;

interface Answer {
  readonly status: number;
  readonly body: object;
}

const location = { id: 1, name: "nbg1", country: "DE", city: "Nuremberg", network_zone: "eu-central" };
const serverType = {
  ...{ id: 1, name: "cpx22", description: "", cores: 2, memory: 4, disk: 80, architecture: "x86", cpu_type: "shared" },
  ...{ storage_type: "local", prices: [], locations: [{ id: 1, name: "nbg1", available: true, deprecation: null }] },
};
const image = {
  ...{ id: 1, name: "debian-13", type: "system", status: "available", architecture: "x86", os_flavor: "debian" },
  ...{ created: "2026-01-01T00:00:00Z", disk_size: 5, protection: { delete: false }, labels: {} },
};
const balancerType = { id: 1, name: "lb11", description: "", max_services: 5, max_targets: 25, max_connections: 1 };
/** Constant data of the API, for example locations and server types. */
const offers: Project = {
  ...{ locations: [location], server_types: [serverType], images: [image] },
  ...{ load_balancer_types: [balancerType], zones: [{ id: 1, name: "foobar.com" }] },
};

/** Returns the attributes that the API adds to a new resource, by kind of resource. */
const created: Readonly<Record<string, (body: Body, id: number) => object>> = {
  servers: ({ public_net: net, firewalls, placement_group: group }, id) => {
    const { ipv4, ipv6 } = net as { ipv4: number; ipv6: number };
    return {
      ...{ status: "running", private_net: [], server_type: serverType, image, backup_window: null, volumes: [] },
      public_net: {
        ipv4: { id: ipv4, ip: `192.0.2.${id % 250}`, blocked: false, dns_ptr: "" },
        ipv6: { id: ipv6, ip: `2001:db8:${id}::/64`, blocked: false, dns_ptr: [] },
        floating_ips: [],
        firewalls: (firewalls as { firewall: number }[]).map((one) => ({ id: one.firewall, status: "applied" })),
      },
      ...{
        placement_group: { id: group, name: "", type: "spread", servers: [] },
        primary_disk_size: 80,
        locked: false,
      },
      ...{ protection: { delete: false, rebuild: false }, rescue_enabled: false, iso: null, load_balancers: [] },
    };
  },
  volumes: () => ({ status: "available", server: null, linux_device: "/dev/sdb", format: null }),
  primary_ips: ({ type }, id) => ({
    ...{ ip: type === "ipv4" ? `192.0.2.${id % 250}` : `2001:db8:${id}::/64`, assignee_id: null, dns_ptr: [] },
    ...{ assignee_type: "server", blocked: false },
  }),
  networks: () => ({ subnets: [], routes: [], servers: [], load_balancers: [], expose_routes_to_vswitch: false }),
  firewalls: ({ rules = [] }) => ({ rules, applied_to: [] }),
  placement_groups: () => ({ servers: [] }),
  load_balancers: (_, id) => ({
    public_net: { enabled: true, ipv4: { ip: `192.0.2.${id % 250}` }, ipv6: { ip: `2001:db8:${id}::1` } },
    ...{ private_net: [], load_balancer_type: balancerType, services: [], targets: [], included_traffic: 0 },
  }),
};

type Body = Readonly<Record<string, unknown>>;
type Act = (item: Item, body: Body) => void;

/** Effect of each action on a resource. All other actions succeed without an effect. */
const actions: Readonly<Record<string, Act>> = {
  change_protection: (item, body) => void Object.assign((item.protection ??= {}), body),
  poweroff: (item) => void (item["status"] = "off"),
  shutdown: (item) => void (item["status"] = "off"),
  poweron: (item) => void (item["status"] = "running"),
  enable_backup: (item) => void (item["backup_window"] = "22-02"),
  add_subnet: (item, body) => void (item["subnets"] as object[]).push({ ...(body as object), gateway: "10.0.0.1" }),
  attach: (item, body) => void (item["server"] = body["server"]),
  detach: (item) => void (item["server"] = null),
  attach_to_network: (item, body) => {
    const net = { network: body["network"], ip: body["ip"], alias_ips: [], mac_address: "86:00:00:00:00:01" };
    (item["private_net"] as object[]).push(net);
  },
  add_target: (item, body) => void (item["targets"] as object[]).push({ ...(body as object), health_status: [] }),
  remove_target: (item, { server }) => {
    const targets = item["targets"] as { server: { id: number } }[];
    item["targets"] = targets.filter((one) => one.server.id !== (server as { id: number }).id);
  },
};

const failure = (status: number, code: string, message = code): Answer => ({
  status,
  body: { error: { code, message, details: null } },
});
const action = { id: 1, command: "", status: "success", progress: 100, resources: [], error: null };

/** A Hetzner project whose emulated API works with the real Terraform provider. */
export class HetznerProject {
  /** Executed changes in order, each with the resource's name, for example "POST servers alpha". */
  readonly changes: string[] = [];
  trouble: Trouble | undefined;
  /** Called before the response to each change. The response waits for the returned promise. */
  onChange: (change: string) => unknown = () => undefined;
  url = "";
  private hits = 0;
  private waiting: unknown;
  private readonly http = createServer((request, response) => {
    const { method = "GET", url = "" } = request;
    let text = "";
    request.setEncoding("utf8").on("data", (part: string) => (text += part));
    request.on("end", () => {
      const execute = (): Answer =>
        this.answer(method, new URL(url, "http://api"), (text === "" ? {} : JSON.parse(text)) as Body);
      let answer = execute();
      const isHit = method !== "GET" && this.changes.length % 3 === 0 && this.hits < 3;
      if (isHit && this.trouble === "repeat requests") answer = execute();
      if (isHit) this.hits++;
      if (isHit && this.trouble === "lose responses") return void request.socket.destroy();
      const { waiting } = this;
      const respond = async (): Promise<void> => {
        if (this.trouble === "delay responses") await setTimeout(80);
        await waiting;
        response.writeHead(answer.status, { "Content-Type": "application/json" }).end(JSON.stringify(answer.body));
      };
      void respond();
    });
  });

  /** @param resources initial resources; requests change this object */
  constructor(
    readonly resources: Project = {},
    private lastId = 100,
  ) {}

  async listen(): Promise<this> {
    this.http.listen(0, "127.0.0.1");
    await once(this.http, "listening");
    this.url = `http://127.0.0.1:${(this.http.address() as AddressInfo).port}`;
    return this;
  }

  close(): void {
    this.http.closeAllConnections();
    this.http.close();
  }

  /** Returns a new project with a copy of the resources. */
  copy(): HetznerProject {
    return new HetznerProject(structuredClone(this.resources), this.lastId);
  }

  /** Returns the kind, name and id of every resource, for example "servers alpha 7". */
  resourceNames(): readonly string[] {
    return Object.entries(this.resources).flatMap(([kind, all]) => all.map(({ name, id }) => `${kind} ${name} ${id}`));
  }

  /** Replaces each matching resource with the result of `by`. If the result is `undefined`, removes the resource. */
  change(by: (item: Item) => Item | undefined, which: (item: Item) => boolean): void {
    for (const [kind, all] of Object.entries(this.resources))
      this.resources[kind] = all.flatMap((item) => (which(item) ? (by(item) ?? []) : [item]));
  }

  private answer(method: string, { pathname, searchParams }: URL, body: Body): Answer {
    const [kind = "", id, , verb] = pathname.slice(1).split("/");
    if (kind === "actions") return { status: 200, body: id === undefined ? { actions: [action] } : { action } };
    const all = offers[kind] ?? (this.resources[kind] ??= []);
    const item = all.find((one) => `${one.id}` === id);
    if (method === "GET") return this.read(kind, id, item, all, searchParams);
    if (id === undefined) return this.create(kind, all, body);
    if (item === undefined) return failure(404, "not_found");
    this.note(method, kind, verb === undefined ? item.name : `${item.name} ${verb}`);
    if (method === "PUT") Object.assign(item, body);
    if (verb !== undefined) actions[verb]?.(item, body);
    if (method !== "DELETE") return { status: 201, body: { [kind.slice(0, -1)]: item, action, actions: [action] } };
    if (item.protection?.["delete"]) return failure(403, "protected", `${kind} ${item.name} is protected`);
    this.resources[kind] = all.filter((one) => one !== item);
    this.release(kind, item.id);
    return { status: 200, body: { action } };
  }

  /** Detaches volumes, addresses and load balancers from a deleted server. */
  private release(kind: string, id: number): void {
    if (kind !== "servers") return;
    for (const volume of this.resources["volumes"] ?? []) if (volume["server"] === id) volume["server"] = null;
    for (const address of this.resources["primary_ips"] ?? [])
      if (address["assignee_id"] === id) address["assignee_id"] = null;
    for (const balancer of this.resources["load_balancers"] ?? [])
      actions["remove_target"]?.(balancer, { server: { id } });
  }

  private note(method: string, kind: string, what: string): void {
    this.changes.push(`${method} ${kind} ${what}`);
    this.waiting = this.onChange(`${method} ${kind} ${what}`);
  }

  private read(
    kind: string,
    id: string | undefined,
    item: Item | undefined,
    all: readonly Item[],
    query: URLSearchParams,
  ): Answer {
    if (id !== undefined)
      return item ? { status: 200, body: { [kind.slice(0, -1)]: item } } : failure(404, "not_found");
    const [label, value] = (query.get("label_selector") ?? "").split("=");
    const name = query.get("name");
    const found = all.filter(
      (one) =>
        (name === null || one.name === name) &&
        (!label || (one.labels as Record<string, string> | undefined)?.[label] === value),
    );
    const pagination = { page: 1, per_page: 50, previous_page: null, next_page: null, last_page: 1, total_entries: 1 };
    return { status: 200, body: { [kind]: found, result: found, meta: { pagination } } };
  }

  private create(kind: string, all: Item[], body: Body): Answer {
    const { name, labels = {}, ...rest } = body as Item;
    if (all.some((one) => one.name === name)) return failure(409, "uniqueness_error", `${name} is already used`);
    if (kind === "servers" && Buffer.byteLength(String(rest["user_data"])) > 32_768)
      return failure(422, "invalid_input", "user_data is too long");
    const id = ++this.lastId;
    const item: Item = {
      ...rest,
      ...{ id, name, labels, created: "2026-01-01T00:00:00Z", location, protection: { delete: false } },
      ...created[kind]?.(rest, id),
    };
    all.push(item);
    if (kind === "servers") this.assign(item);
    this.note("POST", kind, name);
    return { status: 201, body: { [kind.slice(0, -1)]: item, action, actions: [action], next_actions: [] } };
  }

  private assign({ id, public_net: net }: Item): void {
    const { ipv4, ipv6 } = net as { ipv4: { id: number; ip: string }; ipv6: { id: number; ip: string } };
    for (const one of [ipv4, ipv6]) {
      const address = this.resources["primary_ips"]?.find((found) => found.id === one.id);
      if (address) Object.assign(address, { assignee_id: id });
      if (typeof address?.["ip"] === "string") one.ip = address["ip"];
    }
  }
}
