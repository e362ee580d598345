import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Lab } from "../../lab/lab.js";
import type { Machine } from "../../lab/machine/machine.js";
import { client, type Host, openToAll } from "../../lab/network/addresses.js";
import { otherHosts } from "../../lab/services.js";
import type { Config, ServerConfig } from "../../modules/config/schema.js";
import { addresses } from "../../modules/platform/addresses.js";
import { users } from "../../modules/platform/users.js";
import {
  breakFirewall,
  restoreFirewall,
  restoreProviderFirewall,
  withFirewallsOpen,
  withoutProviderFirewall,
} from "./support/firewall-bypass.js";
import { labInMode } from "./support/lab-in-mode.js";
import { label, type Outcome, passed, probeFromHost, probeFromServer, type Target } from "./support/probes.js";
import { mayArrive, mayLeave, providerLetsOut, targetsAt } from "./support/rule-table.js";

/** Users whose connections the tests probe: every user of the platform, and the user `nobody`. */
const everyUser = [...Object.values(users), "nobody"];

let lab: Lab;
let config: Config;
/** Targets at every address of every server. */
let servers: readonly Target[];
/** Targets at every address of every host that is not a server. */
let outside: readonly Target[];

beforeAll(async () => {
  lab = await labInMode("terminate");
  const { environment } = lab.blueprint;
  config = environment.config;
  servers = environment.servers.flatMap(targetsOf);
  outside = [
    ...otherHosts(lab.blueprint).flatMap(targetsOf),
    ...[openToAll.ipv4, openToAll.ipv6].flatMap((address) => targetsAt("everything open", address, "public")),
    ...addresses.resolvers.flatMap((address) => targetsAt("resolver", address, "public")),
    ...targetsAt("metadata service", addresses.metadataService, "public"),
  ];
});
afterAll(async () => {
  for (const machine of lab.machines) await restoreFirewall(machine);
  await restoreProviderFirewall(lab);
});

const targetsOf = (host: Host): readonly Target[] => [
  ...targetsAt(host.name, host.publicIpv4, "public"),
  ...targetsAt(host.name, host.publicIpv6, "public"),
  ...(host.privateIpv4 ? targetsAt(host.name, host.privateIpv4, "private") : []),
];

const serverNamed = (name: string): ServerConfig => {
  const server = config.servers.find((one) => one.name === name);
  if (server === undefined) throw new Error(`no server ${name}`);
  return server;
};

/** Returns the server with the given address; `undefined` if no server has the address. */
const serverAt = (address: string): ServerConfig | undefined => {
  const host = lab.blueprint.environment.servers.find(({ publicIpv4, publicIpv6, privateIpv4 }) =>
    [publicIpv4, publicIpv6, privateIpv4].includes(address),
  );
  return host && serverNamed(host.name);
};

/** Returns the source address of the packets that a target receives from a host. */
const senderAt = (host: Host, { address, network }: Target): string =>
  (network === "private" ? host.privateIpv4 : undefined) ?? (address.includes(":") ? host.publicIpv6 : host.publicIpv4);

/** Returns whether the host firewall of the target's server must accept packets of a host according to the rule table. */
const arrives = (host: Host, target: Target): boolean => {
  const server = serverAt(target.address);
  // Only the outbound rules apply to a server's packets to the same server, because the packets use the loopback device.
  return server === undefined || server.name === host.name || mayArrive(config, server, senderAt(host, target), target);
};

/** Returns a text such as "client -> alpha 192.0.2.11 tcp 22" for each target that a host or user has reached. */
const reached = (from: string, targets: readonly Target[], outcomes: readonly Outcome[] = []): string[] =>
  targets.filter((_, index) => passed(outcomes[index] ?? "silent")).map((target) => `${from} -> ${label(target)}`);

const allowed = (from: string, targets: readonly Target[], rule: (target: Target) => boolean): string[] =>
  targets.filter(rule).map((target) => `${from} -> ${label(target)}`);

const others = (machine: Machine): readonly Machine[] => lab.machines.filter((other) => other !== machine);
const addressesOf = (machine: Machine): readonly Target[] =>
  servers.filter(({ name }) => name.startsWith(machine.name));

/** Probes targets as each user of a server. @returns connections that succeeded, and connections that the rule table allows */
async function leaving(machine: Machine, targets: readonly Target[], rule: (target: Target) => boolean) {
  const outcomes = await probeFromServer(machine, everyUser, targets);
  const server = serverNamed(machine.name);
  const from = (user: string): string => `${user} of ${machine.name}`;
  return {
    seen: everyUser.flatMap((user) => reached(from(user), targets, outcomes[user])),
    table: everyUser.flatMap((user) =>
      allowed(from(user), targets, (target) => mayLeave(config, server, user, target) && rule(target)),
    ),
  };
}

/** Probes targets from all hosts that are not servers. @returns connections that succeeded, and connections that the rule table allows */
async function arriving(targets: readonly Target[]) {
  const hosts = otherHosts(lab.blueprint);
  const outcomes = await Promise.all(hosts.map(({ name }) => probeFromHost(lab, name, targets)));
  return {
    seen: hosts.flatMap(({ name }, index) => reached(name, targets, outcomes[index])),
    table: hosts.flatMap((host) => allowed(host.name, targets, (target) => arrives(host, target))),
  };
}

describe("the provider's firewall, while the servers' firewalls are open", () => {
  const isPublic = ({ network }: Target): boolean => network === "public";

  it("the provider firewall allows exactly the inbound public traffic that the traffic rules contain", async () => {
    const { seen, table } = await withFirewallsOpen(lab.machines, () => arriving(servers.filter(isPublic)));
    expect(seen).toEqual(table);
    // Six hosts reach three servers with ICMP echo over IPv4 and IPv6. The administrator's host also reaches the servers' SSH ports.
    expect(seen).toHaveLength(6 * 3 * 2 + 3 * 2);
  });

  it("the provider firewall allows exactly the outbound public traffic that the traffic rules contain", async () => {
    const outcomes = await withFirewallsOpen(lab.machines, () =>
      Promise.all(
        lab.machines.map(async (machine) => {
          const targets = [...servers, ...outside].filter(
            // The provider's firewall does not filter a server's traffic to itself or to the metadata service.
            (one) => isPublic(one) && !one.name.startsWith(machine.name) && one.address !== addresses.metadataService,
          );
          const { root } = await probeFromServer(machine, ["root"], targets);
          const server = serverNamed(machine.name);
          const rule = (target: Target): boolean =>
            providerLetsOut(config, server, target) && arrives(machine.host, target);
          return { seen: reached(machine.name, targets, root), table: allowed(machine.name, targets, rule) };
        }),
      ),
    );
    expect(outcomes.flatMap(({ seen }) => seen)).toEqual(outcomes.flatMap(({ table }) => table));
  });
});

describe("hosts that are not servers", () => {
  it.each(["with", "without"])(
    "hosts that are not servers reach exactly the server ports that the traffic rules contain (%s the provider firewall)",
    async (firewall) => {
      if (firewall === "without") await withoutProviderFirewall();
      const { seen, table } = await arriving(servers);
      expect(seen).toEqual(table);
      // In addition to the connections in the preceding test, the load balancer reaches the web port of three servers.
      expect(seen).toHaveLength(6 * 3 * 2 + 3 * 2 + 3);
    },
  );
});

describe("users of a server, without the provider's firewall", () => {
  beforeAll(withoutProviderFirewall);

  it("each user of a server reaches exactly the targets of the traffic rules", async () => {
    const targets = [...servers, ...outside];
    const results = await Promise.all(
      lab.machines.map((machine) => leaving(machine, targets, (target) => arrives(machine.host, target))),
    );
    expect(results.flatMap(({ seen }) => seen)).toEqual(results.flatMap(({ table }) => table));
  });
});

describe("a server's firewall, while all other firewalls are open", () => {
  beforeAll(withoutProviderFirewall);

  it("a server's firewall allows exactly the traffic from other servers that the traffic rules contain", async () => {
    for (const machine of lab.machines) {
      const targets = addressesOf(machine);
      const outcomes = await withFirewallsOpen(others(machine), () =>
        Promise.all(others(machine).map((other) => probeFromServer(other, ["root"], targets))),
      );
      for (const [index, { host }] of others(machine).entries())
        expect(reached(host.name, targets, outcomes[index]?.["root"])).toEqual(
          allowed(host.name, targets, (target) => arrives(host, target)),
        );
    }
  });

  it("a server's firewall allows exactly the traffic to other servers that the traffic rules contain", async () => {
    for (const machine of lab.machines) {
      const targets = others(machine).flatMap(addressesOf);
      const { seen, table } = await withFirewallsOpen(others(machine), () => leaving(machine, targets, () => true));
      expect(seen).toEqual(table);
    }
  });
});

describe("the probe", () => {
  beforeAll(withoutProviderFirewall);

  it("the test of the firewalls detects added allow rules in both directions, over IPv4 and IPv6", async () => {
    const [machine] = lab.machines;
    if (machine === undefined) throw new Error("no machine");
    await breakFirewall(machine, ["input tcp dport 40404 accept", 'output meta skuid "app" tcp dport 40404 accept']);
    const inward = addressesOf(machine);
    const seen = reached("client", inward, await probeFromHost(lab, client.name, inward));
    const rule = (target: Target): boolean => arrives(client, target);
    expect(seen.filter((one) => !allowed("client", inward, rule).includes(one))).toEqual([
      `client -> ${machine.name} ${machine.host.publicIpv4} tcp 40404`,
      `client -> ${machine.name} ${machine.host.publicIpv6} tcp 40404`,
    ]);
    const outward = [openToAll.ipv4, openToAll.ipv6].flatMap((address) => targetsAt("open", address, "public"));
    const { app } = await probeFromServer(machine, ["app"], outward);
    expect(reached("app", outward, app)).toEqual([
      `app -> open ${openToAll.ipv4} tcp 40404`,
      `app -> open ${openToAll.ipv6} tcp 40404`,
    ]);
    await restoreFirewall(machine);
  });
});
