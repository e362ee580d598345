import { onTestFinished, vi } from "vitest";
import { stateKinds } from "../../../ops/hetzner/api.js";
import { Stack } from "../../../ops/terraform/terraform.js";
import { httpServer } from "../../support/listening.js";

/** A resource in a Hetzner project. */
export interface Resource {
  readonly type: keyof typeof stateKinds;
  readonly id: number;
  readonly name: string;
  /** Value of the resource's label `environment`. */
  readonly environment?: string;
}

/** A resource in a Terraform state or configuration. */
export interface Managed {
  readonly stack: string;
  readonly address: string;
  readonly attributes?: Readonly<Record<string, unknown>>;
}

/** Network fault that affects every third request, or all requests. */
export type Trouble = "lose responses" | "repeat requests" | "delay responses";

/** Initial state of {@link emulate}. */
export interface WorldProps {
  readonly environment: string;
  /** Resources of the Hetzner project to which the API token belongs. */
  readonly project: readonly Resource[];
  readonly zones: readonly { readonly id: string; readonly name: string }[];
  readonly state: readonly Managed[];
  readonly configuration: readonly Managed[];
  readonly trouble?: Trouble;
}

interface Change {
  readonly address: string;
  readonly mode: "managed";
  readonly action_reason?: string;
  readonly change: { readonly actions: readonly string[]; readonly before?: object };
}

const typeOf = (address: string): string => address.split(".")[0] ?? "";
const nameOf = (address: string): string => address.slice(address.indexOf(".") + 1);

/**
 * Emulates the APIs of Hetzner and Cloudflare. For the rest of a test, an emulator of Terraform, which uses the emulated APIs, replaces
 * Terraform.
 */
export async function emulate({ environment, zones, configuration, trouble, ...start }: WorldProps) {
  let project = [...start.project];
  let state = [...start.state];
  const changes: string[] = [];
  let lastId = 1000;

  const isInProject = ({ address, attributes }: Managed): boolean =>
    !(typeOf(address) in stateKinds) ||
    project.some(({ type, id }) => type === typeOf(address) && `${id}` === attributes?.["id"]);

  const planOf = (stack: string, args: readonly string[]) => {
    const targets = args.filter((arg) => arg.startsWith("-target=")).map((arg) => arg.slice("-target=".length));
    const known = state.filter((one) => one.stack === stack);
    const wanted = configuration.filter((one) => one.stack === stack);
    const change = (address: string, actions: readonly string[], more: object = {}): Change => ({
      address,
      mode: "managed",
      ...more,
      change: { actions, before: { ...known.find((one) => one.address === address)?.attributes } },
    });
    const drift = known.filter((one) => !isInProject(one)).map(({ address }) => change(address, ["delete"]));
    const isMissing = (address: string): boolean => drift.some((one) => one.address === address);
    const all = [
      ...wanted.map(({ address }) => {
        if (isMissing(address) || !known.some((one) => one.address === address)) return change(address, ["create"]);
        return args.includes(`-replace=${address}`)
          ? change(address, ["delete", "create"], { action_reason: "replace_by_request" })
          : change(address, ["no-op"]);
      }),
      ...known
        .filter((one) => !isMissing(one.address) && !wanted.some(({ address }) => address === one.address))
        .map(({ address }) => change(address, ["delete"])),
    ];
    const isChosen = ({ address }: Change): boolean => targets.length === 0 || targets.includes(address);
    return { resource_changes: all.filter(isChosen), resource_drift: drift };
  };

  const remove = (type: string, id: unknown): void => {
    project = project.filter((one) => one.type !== type || `${one.id}` !== `${String(id)}`);
  };
  const applyOne = (stack: string, { address, change: { actions } }: Change): void => {
    const type = typeOf(address);
    if (actions.includes("no-op")) return;
    changes.push(`${actions.join()} ${address}`);
    const known = state.find((one) => one.stack === stack && one.address === address);
    state = state.filter((one) => one !== known);
    if (actions.includes("delete")) remove(type, known?.attributes?.["id"]);
    if (!actions.includes("create")) return;
    const id = ++lastId;
    if (type in stateKinds) project.push({ type: type as Resource["type"], id, name: nameOf(address), environment });
    state.push({ stack, address, attributes: { id: `${id}` } });
  };

  const plans = new Map<string, ReturnType<typeof planOf>>();
  const terraform = (stack: string, [verb = "", ...args]: readonly string[]): string => {
    const file = args.find((arg) => arg.includes("ops.tfplan"))?.replace("-out=", "") ?? "";
    const plan = plans.get(file);
    switch (verb) {
      case "state":
        return args[0] === "list"
          ? state.flatMap((one) => (one.stack === stack ? [one.address] : [])).join("\n")
          : JSON.stringify({
              resources: state
                .filter((one) => one.stack === stack)
                .map(({ address, attributes = {} }) => ({
                  ...{ mode: "managed", type: typeOf(address), name: nameOf(address), instances: [{ attributes }] },
                })),
            });
      case "plan":
        plans.set(file, planOf(stack, args));
        return "";
      case "show":
        return args.includes("-json") ? JSON.stringify(plan) : "the plan";
      case "apply":
        for (const one of plan?.resource_changes ?? []) applyOne(stack, one);
        return "";
      default:
        return "{}";
    }
  };
  const running = vi
    .spyOn(Stack.prototype as unknown as { run: (args: readonly string[]) => Promise<string> }, "run")
    .mockImplementation(function (this: unknown, args) {
      const stack = (this as Stack).name.replace(/-ops$/, "").replace(`${environment}-`, "");
      return Promise.resolve(terraform(stack, args));
    });

  const read = (path: string): object | undefined => {
    const zone = /^\/zones\/(.+)/.exec(path)?.[1];
    if (zone !== undefined)
      return zones.some(({ id }) => id === zone) ? { result: zones.find(({ id }) => id === zone) } : undefined;
    if (path === "/zones") return { result: zones };
    const kind = path.slice(1);
    const found = project.filter(({ type }) => stateKinds[type] === kind);
    return {
      [kind]: found.map(({ id, name, environment: label }) => ({
        ...{ id, name, labels: label === undefined ? {} : { environment: label } },
        ...{ status: "running", server_type: { name: "cpx22" }, protection: { delete: true, rebuild: true } },
      })),
    };
  };
  const write = (method: string, path: string): void => {
    changes.push(`${method} ${path}`);
    const [, kind, id] = path.split("/");
    const type = Object.entries(stateKinds).find(([, value]) => value === kind)?.[0];
    if (method === "DELETE" && type !== undefined) remove(type, id);
  };
  let count = 0;
  const url = await httpServer((request, response) => {
    const path = (request.url ?? "").split("?")[0] ?? "";
    const { method = "GET" } = request;
    if (method !== "GET") write(method, path);
    if (method !== "GET" && trouble === "repeat requests") write(method, path);
    if (trouble === "lose responses" && ++count % 3 === 0) return void request.socket.destroy();
    const body = method === "GET" ? read(path) : { action: { id: 1, status: "success" } };
    response.statusCode = body === undefined ? 404 : 200;
    globalThis.setTimeout(() => response.end(JSON.stringify(body ?? {})), trouble === "delay responses" ? 80 : 0);
  });
  onTestFinished(() => running.mockRestore());
  return {
    url,
    changes,
    project: (): readonly Resource[] => project,
    state: (): readonly Managed[] => state,
  };
}
