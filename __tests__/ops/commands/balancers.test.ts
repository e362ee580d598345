import { expect, it } from "vitest";
import { direct, directedNamed, showBalancers } from "../../../ops/commands/balancers.js";
import { Progress } from "../../../ops/core/progress.js";
import type { Directed } from "../../../ops/core/site.js";
import { HetznerApi } from "../../../ops/hetzner/api.js";
import { CloudflareApi, type DnsRecord, type RecordChanges } from "../../../ops/hetzner/cloudflare.js";
import { extraComment, HetznerDirection } from "../../../ops/hetzner/direction.js";
import { exampleConfig } from "../../support/config.js";
import { httpServer } from "../../support/listening.js";

const [ip1, ip2] = ["203.0.113.1", "203.0.113.2"];
const hosts = ["www.foobar.com", "foobar.com"];
const config = exampleConfig({ loadBalancer: { second: { location: "fsn1", privateIp: "10.0.1.6" } } });

interface World {
  /** Healthy servers according to each load balancer. @default - alpha and bravo are healthy for both load balancers */
  readonly healthy?: Readonly<Record<string, readonly string[]>>;
  /** DNS records of each host. @default - the record that a deploy creates */
  readonly records?: readonly Pick<DnsRecord, "type" | "content" | "comment">[];
  /** Addresses that refuse connections. @default - none */
  readonly dead?: readonly string[];
  /** HTTP status of all responses of Hetzner's API. @default 200 */
  readonly hetzner?: number;
  /** Fault of each of the first DNS changes. @default - no faults */
  readonly troubles?: ("answer lost" | "refused")[];
  readonly config?: typeof config;
}

/** Emulates Hetzner's and Cloudflare's APIs on one port, and returns the commands that use them. */
async function world({ healthy, records, dead = [], hetzner = 200, troubles = [], ...more }: World = {}) {
  let lastId = 0;
  let dns = hosts.flatMap((name): DnsRecord[] =>
    (records ?? [{ type: "A", content: ip1 }]).map((record) => ({ ...record, id: `r${++lastId}`, name })),
  );
  const asked: string[] = [];
  const both = ["alpha", "bravo"];
  const balancer = (name: string, ip: string) => ({
    ...{ id: 1, name, protection: { delete: true }, public_net: { ipv4: { ip } } },
    targets: both.map((server, id) => ({
      ...{ type: "server", server: { id } },
      health_status: [
        { listen_port: 443, status: (healthy?.[name] ?? both).includes(server) ? "healthy" : "unhealthy" },
      ],
    })),
  });
  /** Applies all changes or none, like Cloudflare. @throws if two records would be identical */
  const change = ({ deletes, patches, posts }: RecordChanges): void => {
    const next = [
      ...dns
        .filter(({ id }) => !deletes.some((one) => one.id === id))
        .map((record) => ({ ...record, ...patches.find(({ id }) => id === record.id) })),
      ...posts.map((record) => ({ ...record, id: `r${++lastId}` })),
    ];
    if (new Set(next.map(({ name, content }) => `${name} ${content}`)).size < next.length)
      throw new Error("81058: an identical record already exists");
    dns = next;
  };
  const answer = (url: URL): object => {
    switch (url.pathname) {
      case "/servers":
        return { servers: both.map((name, id) => ({ id, name })) };
      case "/load_balancers":
        return { load_balancers: [balancer("production", ip1), balancer("production-second", ip2)] };
      case "/zones":
        return { result: [{ id: "zone", name: url.searchParams.get("name") }] };
      default:
        return { result: dns.filter(({ name }) => name === url.searchParams.get("name")) };
    }
  };
  const endpoint = await httpServer((request, response, body) => {
    const url = new URL(request.url ?? "", "http://api");
    asked.push(`${request.method} ${url.pathname}`);
    const isHetzner = ["/servers", "/load_balancers"].includes(url.pathname);
    if (isHetzner && hetzner !== 200) return void response.writeHead(hetzner).end("{}");
    if (request.method !== "POST") return void response.end(JSON.stringify(answer(url)));
    const trouble = troubles.shift();
    if (trouble === "refused") return void response.writeHead(500).end("{}");
    try {
      change(JSON.parse(body) as RecordChanges);
    } catch (error) {
      return void response.writeHead(400).end((error as Error).message);
    }
    if (trouble === "answer lost") return void request.socket.destroy();
    response.end('{"result":{}}');
  });
  const said: string[] = [];
  const direction = new HetznerDirection({
    config: more.config ?? config,
    api: new HetznerApi({ token: "t", endpoint, pauseSeconds: 0.01, repetitions: 1 }),
    cloudflare: new CloudflareApi({ token: "t", endpoint }),
    refusalOf: (address) => Promise.resolve(dead.includes(address) ? "ECONNREFUSED" : undefined),
  });
  return {
    asked,
    said,
    direct: (wanted: Directed) => direct(direction, wanted, new Progress((line) => said.push(line))),
    show: () => showBalancers(direction, (line) => said.push(line)),
    addresses: () => hosts.map((host) => dns.flatMap(({ name, content }) => (name === host ? [content] : [])).sort()),
    records: () => dns,
  };
}

const everywhere = (...addresses: readonly string[]) => hosts.map(() => addresses);
const extra = { type: "A", content: ip2, comment: extraComment };

it("npm run ops balancers directs visitors to both load balancers, to only one, and back to both; a repeated command changes nothing", async () => {
  const { direct: to, addresses, asked, records, said } = await world();
  const before = records();
  for (const [wanted, expected] of [
    ["both", [ip1, ip2]],
    ["second", [ip2]],
    ["both", [ip1, ip2]],
    ["first", [ip1]],
    ["second", [ip2]],
    ["first", [ip1]],
  ] as const) {
    await to(wanted);
    expect(addresses()).toEqual(everywhere(...expected));
    const writes = asked.filter((line) => line.startsWith("POST")).length;
    await to(wanted);
    expect(asked.filter((line) => line.startsWith("POST"))).toHaveLength(writes);
  }
  // The records have the same ids as before, so Terraform finds no difference.
  expect(records()).toEqual(before);
  expect(said.join("\n")).toContain(`www.foobar.com: A ${ip1} -> ${ip1}, ${ip2}`);
});

it("npm run ops balancers uses only the APIs of Hetzner and Cloudflare, and changes the DNS records of all host names at once", async () => {
  const { direct: to, asked } = await world();
  await to("both");
  expect(asked.filter((line) => !line.startsWith("GET"))).toEqual(["POST /zones/zone/dns_records/batch"]);
});

it.each([
  [
    "both",
    { healthy: { "production-second": [] } },
    /production-second \(fsn1\): considers no web server healthy\n.*balancers first/,
  ],
  [
    "second",
    { dead: [ip2] },
    /production-second \(fsn1\): 203\.0\.113\.2 accepts no connections: ECONNREFUSED\n.*first/,
  ],
  [
    "first",
    { dead: [ip1, ip2] },
    /production \(nbg1\): .*ECONNREFUSED\nno other load balancer can serve visitors either/,
  ],
  ["both", { config: exampleConfig() }, /loadBalancer\.second is not set/],
  [
    "first",
    { records: [] },
    /www\.foobar\.com: must have one A record from a deploy, but has none; run npm run deploy/,
  ],
  [
    "both",
    {
      records: [
        { type: "A", content: ip1 },
        { type: "AAAA", content: "::1" },
      ],
    },
    /but has A 203\.0\.113\.1, AAAA ::1/,
  ],
  ["second", { hetzner: 500 }, /production-second \(fsn1\): Hetzner's API does not answer, and the DNS records do not/],
  ["second", { hetzner: 403 }, /Hetzner: GET \/servers: 403/],
] as const)(
  'npm run ops balancers rejects the direction "%s" and changes no DNS record if the environment has the state %o',
  async (wanted, props, reason) => {
    const { direct: to, asked, addresses } = await world(props);
    const before = addresses();
    await expect(to(wanted)).rejects.toThrow(reason);
    expect(addresses()).toEqual(before);
    expect(asked.filter((line) => line.startsWith("POST"))).toEqual([]);
  },
);

it("npm run ops balancers directs visitors away from a lost location during an outage of Hetzner's API if DNS contains both addresses", async () => {
  const { direct: to, addresses } = await world({
    ...{ hetzner: 503, dead: [ip1], records: [{ type: "A", content: ip1 }, extra] },
  });
  await to("second");
  expect(addresses()).toEqual(everywhere(ip2));
});

it("npm run ops balancers reads the DNS records again if a response is lost or a change is rejected, and fails after the last attempt", async () => {
  const { direct: to, addresses } = await world({ troubles: ["refused", "answer lost"] });
  await to("both");
  expect(addresses()).toEqual(everywhere(ip1, ip2));
  const broken = await world({ troubles: ["refused", "refused", "refused", "refused"] });
  await expect(broken.direct("second")).rejects.toThrow(/not correct after 3 attempts: www\.foobar\.com: A /);
  expect(broken.addresses()).toEqual(everywhere(ip1));
});

it("npm run ops balancers removes the DNS records of a second load balancer that is no longer in the configuration", async () => {
  const { direct: to, addresses } = await world({
    ...{ config: exampleConfig(), records: [{ type: "A", content: ip1 }, { type: "AAAA", content: "::1" }, extra] },
  });
  await to("first");
  expect(addresses()).toEqual(everywhere(ip1, "::1"));
});

it("npm run ops balancers lists each load balancer, and fails if DNS directs visitors to a load balancer that cannot serve requests", async () => {
  const fine = await world({ records: [{ type: "A", content: ip1 }, extra] });
  expect(await fine.show()).toBe(0);
  const broken = await world({ healthy: { production: [] } });
  expect(await broken.show()).toBe(1);
  expect(broken.said).toEqual([
    "first: production in nbg1, 203.0.113.1; gets visitors; considers no web server healthy",
    "second: production-second in fsn1, 203.0.113.2; no visitors; healthy: alpha, bravo",
  ]);
});

it('npm run ops balancers accepts only the directions "both", "first" and "second"', () => {
  expect(["both", "first", "second"].map(directedNamed)).toEqual(["both", "first", "second"]);
  expect(() => directedNamed("third")).toThrow("must be one of both, first, second, got third");
});
