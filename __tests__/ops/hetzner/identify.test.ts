import { expect, it } from "vitest";
import { HetznerApi } from "../../../ops/hetzner/api.js";
import { identify } from "../../../ops/hetzner/identify.js";
import type { Stack, StateResource } from "../../../ops/terraform/terraform.js";
import { exampleConfig } from "../../support/config.js";
import { httpServer } from "../../support/listening.js";
import { instantly } from "../support/instantly.js";

const config = exampleConfig();
const zone = { id: "zone", name: config.domain };
const inState = (address: string, attributes: object): StateResource => ({
  address,
  type: address.split(".")[0] ?? "",
  attributes: { ...attributes },
});
const server = inState("hcloud_server.alpha", { id: "1" });
const record = inState("cloudflare_dns_record.www", { id: "r", zone_id: "zone" });
const monitor = inState("datadog_monitor.disk", { id: "7" });

const alpha = { id: 1, name: "alpha", labels: { environment: "production" } };
const disk = { id: 7, name: "disk", tags: ["env:production"] };

interface VendorsProps {
  /** Response by path; a number is an error status. @default - responses that match the configuration */
  readonly answers?: Readonly<Record<string, object | number>>;
  /** Error statuses of the first responses. @default - none */
  readonly failures?: readonly number[];
}

/** Emulates the APIs of all vendors on one port. */
async function vendors({ answers = {}, failures = [] }: VendorsProps) {
  const known: Readonly<Record<string, object | number>> = {
    "/servers": { servers: [alpha] },
    "/zones": { result: [zone] },
    "/zones/zone": { result: zone },
    "/api/v1/monitor": [disk],
    ...answers,
  };
  const left = [...failures];
  const asked: { readonly path: string; readonly headers: NodeJS.Dict<string | string[]> }[] = [];
  const url = await httpServer(({ url = "", headers }, response) => {
    const path = url.split("?")[0] ?? "";
    asked.push({ path, headers });
    const answer = left.shift() ?? known[url] ?? known[path] ?? { [path.slice(1)]: [] };
    response.statusCode = typeof answer === "number" ? answer : 200;
    response.end(typeof answer === "number" ? '{"error":{"message":"no"}}' : JSON.stringify(answer));
  });
  return { url, asked };
}

/** Creates stacks whose Terraform states have the given resources. */
const stacksWith = (states: Readonly<Record<string, readonly StateResource[]>>): readonly Stack[] =>
  Object.entries(states).map(([name, resources]) => {
    const stack = {
      name: `production-${name}`,
      init: () => Promise.resolve(),
      resources: () => Promise.resolve(resources),
    };
    return stack as unknown as Stack;
  });
const everything = { servers: [server], edge: [record], monitoring: [monitor] };

async function identifyWith(
  props: VendorsProps,
  states: Readonly<Record<string, readonly StateResource[]>> = everything,
  variables: NodeJS.ProcessEnv = {},
) {
  instantly();
  const { url, asked } = await vendors(props);
  const error = await identify({
    config,
    stacks: stacksWith(states),
    api: new HetznerApi({ token: "token-h", endpoint: url }),
    variables: {
      ...{ CLOUDFLARE_API_TOKEN: "token-c", CLOUDFLARE_BASE_URL: url },
      ...{ DD_API_KEY: "key", DD_APP_KEY: "application", DD_HOST: url },
      ...variables,
    },
  }).then(
    () => undefined,
    (thrown: Error) => thrown.message,
  );
  return { error, asked };
}

it("the check of the API tokens accepts tokens of the right projects and sends each vendor only the vendor's own token", async () => {
  const { error, asked } = await identifyWith({});
  expect(error).toBeUndefined();
  const headersOf = (path: string) => asked.find((one) => one.path === path)?.headers;
  expect(headersOf("/servers")?.authorization).toBe("Bearer token-h");
  expect(headersOf("/zones/zone")?.authorization).toBe("Bearer token-c");
  expect(headersOf("/api/v1/monitor")).toMatchObject({ "dd-api-key": "key", "dd-application-key": "application" });
});

it("the check of the API tokens finds resources on every page of Hetzner's lists", async () => {
  const stray = { id: 2, name: "bravo", labels: { environment: "production" } };
  const { error } = await identifyWith({
    answers: {
      "/servers?per_page=50&page=1": { servers: [alpha], meta: { pagination: { next_page: 2 } } },
      "/servers?per_page=50&page=2": { servers: [stray] },
    },
  });
  expect(error).toMatch(/not in the state: hcloud_server bravo \(2\)/);
});

it("the check of the API tokens reports the problems of all vendors at once", async () => {
  const { error } = await identifyWith({
    answers: { "/servers": { servers: [] }, "/zones": { result: [] }, "/zones/zone": 403, "/api/v1/monitor": [] },
  });
  expect(error).toMatch(/^refused before any change; tokens, state and environment must belong together:/);
  for (const name of ["HCLOUD_TOKEN: none", "CLOUDFLARE_API_TOKEN: cannot see", "DD_API_KEY, DD_APP_KEY: none"])
    expect(error).toContain(name);
});

it("the check of the API tokens rejects servers in another location than their volume, and reports each server once", async () => {
  const at = (type: string, name: string, location: string) =>
    inState(`${type}.${name}`, { id: "1", location, labels: { server: name.split("_")[0] } });
  const { error } = await identifyWith(
    {},
    {
      ...{
        servers: [server],
        foundation: [at("hcloud_volume", "alpha_data", "fsn1"), at("hcloud_primary_ip", "alpha_ipv4", "fsn1")],
      },
      edge: [record, at("hcloud_volume", "bravo_data", "nbg1"), at("hcloud_volume", "removed_data", "hel1")],
    },
  );
  expect(error?.split("\n")).toHaveLength(2);
  expect(error).toMatch(
    /servers\.alpha\.location: is nbg1, but hcloud_volume\.alpha_data, hcloud_primary_ip\.alpha_ipv4 exist in fsn1, .* Set "fsn1" again/,
  );
});

it("the check of the API tokens rejects the removal of a second load balancer if DNS directs visitors to this load balancer", async () => {
  const second = inState("hcloud_load_balancer.balancer-second", { id: "3", ipv4: "203.0.113.2" });
  const answers = (content: string) => ({
    "/load_balancers": { load_balancers: [{ id: 3, name: "production-second", labels: {} }] },
    "/zones/zone/dns_records?name=www.foobar.com": { result: [{ content: "203.0.113.1" }, { content }] },
    "/zones/zone/dns_records?name=foobar.com": { result: [] },
  });
  const states = { ...everything, edge: [record, second] };
  const { error } = await identifyWith({ answers: answers("203.0.113.2") }, states);
  expect(error).toMatch(
    /loadBalancer\.second: is not set, but visitors are directed .*203\.0\.113\.2.*balancers first/,
  );
  expect((await identifyWith({ answers: answers("203.0.113.3") }, states)).error).toBeUndefined();
});

it("the check of the API tokens retries a request if a vendor is busy, and fails if the vendor stays busy", async () => {
  const cloudflare = { edge: [record] };
  const busy = { "/zones/zone": 503 };
  expect((await identifyWith({ failures: [429, 500, 503] })).error).toBeUndefined();
  expect((await identifyWith({ answers: busy }, cloudflare)).error).toMatch(/^127\.0\.0\.1:\d+: answers 503$/);
});

it("the check of the API tokens requires a Cloudflare token only for the edge stack", async () => {
  const none = { CLOUDFLARE_API_TOKEN: "" };
  expect((await identifyWith({}, { servers: [server] }, none)).error).toBeUndefined();
  expect((await identifyWith({}, { servers: [server], edge: [record] }, none)).error).toMatch(
    /CLOUDFLARE_API_TOKEN: is not set/,
  );
});

it("the check of the API tokens rejects invalid Datadog keys and skips Datadog if a key is missing", async () => {
  const answers = { "/api/v1/monitor": 403 };
  expect((await identifyWith({ answers })).error).toMatch(/DD_API_KEY, DD_APP_KEY: Datadog rejects them/);
  expect((await identifyWith({ answers }, everything, { DD_APP_KEY: "" })).error).toBeUndefined();
});

it("the check of the API tokens ignores Datadog monitors of other environments and monitors without an environment", async () => {
  const others = [
    { id: 8, name: "disk", tags: ["env:staging"] },
    { id: 9, name: "by hand", tags: [] },
  ];
  expect((await identifyWith({ answers: { "/api/v1/monitor": [disk, ...others] } })).error).toBeUndefined();
  const stray = { id: 10, name: "load", tags: ["env:production"] };
  expect((await identifyWith({ answers: { "/api/v1/monitor": [disk, stray] } })).error).toMatch(
    /not in the state: datadog_monitor load \(10\)/,
  );
});
