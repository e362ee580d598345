import { readFileSync } from "node:fs";
import { BlockList } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { hostFirewallPart } from "../../../../../modules/machine/parts/host-firewall/index.js";
import { createdEarly } from "../../../../../modules/platform/users.js";
import { exampleConfig } from "../../../../support/config.js";
import { contentOf, partOf, temporaryFolder, writeBelow } from "../../../../support/payload-files.js";
import { splitServers, spread } from "../../../../support/servers.js";
import { stepsOf } from "../../../../support/steps.js";
import { hasTool, hasToolInNetwork, runTool } from "../../../../support/tools.js";

const everything = exampleConfig({
  tls: "passthrough",
  administrators: {
    cidrs: ["192.0.2.0/24", "2001:db8::/48"],
    sshKeys: { admin: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDYjNliBfjiBhlX8Tt4kk/BIRIkFveN0qw9ja6+FwQJy admin" },
  },
});
const split = exampleConfig({ servers: splitServers, monitoring: { enabled: false } });

const ownAddress = "/etc/nftables/own-address.nft";
const rules = (config = exampleConfig(), server = "alpha"): string =>
  contentOf(partOf(hostFirewallPart, config, server), "/etc/nftables.conf");
const accepted = (text: string): string[] => [...text.matchAll(/^\t\t(.*) accept$/gm)].map(([, match]) => match ?? "");

it("the host firewall lets the application reach its configured networks by address family, but never the private network of the servers", () => {
  const egress = [
    { cidr: "0.0.0.0/0", ports: [443] },
    { cidr: "2001:db8:1::/48", ports: [8443] },
  ];
  const config = exampleConfig({ application: { egress } });
  expect(accepted(rules(config)).filter((match) => match.includes('skuid { "app" }'))).toEqual([
    'meta skuid { "app" } ip daddr != @not_internet tcp dport { 443 }',
    'meta skuid { "app" } ip6 daddr { 2001:db8:1::/48 } tcp dport { 8443 }',
  ]);
});

it("the resolver of a server sends every query to Hetzner's name servers and none to neighbours", () => {
  expect(partOf(hostFirewallPart).packages).toContain("systemd-resolved");
  expect(contentOf(partOf(hostFirewallPart), "/etc/systemd/resolved.conf.d/60-platform.conf")).toBe(
    "[Resolve]\nDNS=185.12.64.1 185.12.64.2 2a01:4ff:ff00::add:1 2a01:4ff:ff00::add:2\nFallbackDNS=\nDomains=~.\nLLMNR=no\nMulticastDNS=no\n",
  );
});

/** Returns the rules without comments, because the comments repeat the reasons of the rule table. */
const plain = (text: string): string => text.replace(/^\s*#.*\n/gm, "");

it("the firewall rules of each kind of server equal the reviewed rules", async () => {
  const kinds = [
    ["web and database, every setting", everything, "alpha"],
    ["web, without monitoring", split, "front"],
    ["database, without monitoring", split, "left"],
    ["database that relays for other locations", exampleConfig(spread), "charlie"],
  ] as const;
  const usual = accepted(rules());
  const differences = kinds.map(([title, config, server]) => {
    const here = accepted(rules(config, server));
    const less = usual.filter((match) => !here.includes(match)).map((match) => `- ${match}`);
    const more = here.filter((match) => !usual.includes(match)).map((match) => `+ ${match}`);
    return [`${title}:`, ...less, ...more, ""].join("\n");
  });
  await expect([plain(rules()), ...differences].join("\n")).toMatchFileSnapshot("rules.txt");
});

it("the address of a server is in a separate firewall file, so that servers with the same roles have equal rules", () => {
  expect(contentOf(partOf(hostFirewallPart), ownAddress)).toContain("define own_address = 10.0.1.11\n");
  expect(rules()).toContain(`include "${ownAddress}"\n`);
  expect(rules(exampleConfig(), "bravo")).toBe(rules());
});

const out = accepted(rules()).filter((match) => match.startsWith("meta skuid"));

it("the host firewall allows only root to reach the metadata service", () => {
  expect(out.filter((match) => match.includes("169.254.169.254"))).toEqual([
    'meta skuid { "root" } ip daddr { 169.254.169.254 } tcp dport { 80 }',
  ]);
  expect(rules()).toMatch(/set not_internet \{[^}]*169\.254\.0\.0\/16/);
});

it("the host firewall does not let the application and nginx open outbound connections or resolve names", () => {
  expect(out.filter((match) => /"(app|www-data)"/.test(match))).toEqual([]);
  expect(rules()).toContain(
    'ip daddr 127.0.0.0/8 meta skuid { "app", "app-migrations", "mysql", "haproxy", "www-data" } meta l4proto { tcp, udp } th dport 53 goto refuse',
  );
});

const setOf = (name: string, family: "ipv4" | "ipv6"): BlockList => {
  const [, elements = ""] = new RegExp(`set ${name} \\{[^}]*elements = \\{([^}]*)\\}`).exec(rules()) ?? [];
  const list = new BlockList();
  for (const cidr of elements.trim().split(", ")) {
    const [address = "", prefix] = cidr.split("/");
    list.addSubnet(address, Number(prefix), family);
  }
  return list;
};

it("the host firewall does not count private, shared, link-local and multicast addresses as internet", () => {
  const not = setOf("not_internet", "ipv4");
  const local = "0.1.2.3 10.255.0.1 100.64.0.1 100.127.255.254 127.0.0.53 169.254.169.254 172.16.0.1 172.31.255.254";
  for (const address of `${local} 192.168.255.1 224.0.0.1 255.255.255.255`.split(" "))
    expect(not.check(address), address).toBe(true);
  for (const address of "1.1.1.1 11.0.0.1 100.128.0.1 126.0.0.1 172.32.0.1 192.169.0.1 223.255.0.1".split(" "))
    expect(not.check(address), address).toBe(false);
  const internet = setOf("internet6", "ipv6");
  for (const address of ["2001:db8::1", "3fff::1"]) expect(internet.check(address, "ipv6"), address).toBe(true);
  for (const address of ["::1", "fe80::1", "fd00::1", "ff02::1"])
    expect(internet.check(address, "ipv6"), address).toBe(false);
});

const dropIn = (server: string, config = split): string =>
  contentOf(partOf(hostFirewallPart, config, server), "/etc/systemd/system/nftables.service.d/platform.conf");

it("services of the server's roles start only after the firewall rules are loaded", () => {
  const web = "nginx.service haproxy.service app.socket app.service";
  const database = "mysql.service mysql-group.service";
  for (const key of ["Before", "RequiredBy"]) {
    expect(dropIn("front")).toContain(`${key}=${web}\n`);
    expect(dropIn("left")).toContain(`${key}=${database}\n`);
    expect(dropIn("alpha", exampleConfig())).toContain(`${key}=${web} ${database}\n`);
    // If an environment has several locations, a database member also relays connections with HAProxy.
    expect(dropIn("charlie", exampleConfig(spread))).toContain(`${key}=${database} haproxy.service\n`);
  }
});

it("a restart of the firewall's unit is refused, and stopping the unit does not remove the rules", () => {
  expect(dropIn("front")).toContain("RefuseManualStop=yes\n");
  expect(dropIn("front")).toContain("ExecStop=\n");
});

describe("kernel settings of the network", () => {
  const text = contentOf(partOf(hostFirewallPart), "/etc/sysctl.d/60-network.conf");

  it("the kernel rejects packets on a wrong interface, redirects and source routes", () => {
    const ofScope = (scope: string) => [
      `net.ipv4.conf.${scope}.rp_filter = 1`,
      ...["accept", "secure", "send"].map((what) => `net.ipv4.conf.${scope}.${what}_redirects = 0`),
      `net.ipv6.conf.${scope}.accept_redirects = 0`,
    ];
    expect(text.split("\n")).toEqual(expect.arrayContaining(["all", "default"].flatMap(ofScope)));
    expect(text).toContain("\nnet.ipv4.conf.all.accept_source_route = 0\n");
  });

  it("the kernel ignores broadcasts, uses SYN cookies, and lets services bind a missing address", () => {
    const switches = ["icmp_echo_ignore_broadcasts", "tcp_syncookies", "ip_nonlocal_bind"];
    expect(text.split("\n")).toEqual(expect.arrayContaining(switches.map((name) => `net.ipv4.${name} = 1`)));
  });
});

const setup = partOf(hostFirewallPart).setup ?? "";
const before = [
  "systemctl enable --quiet systemd-resolved.service",
  "systemctl restart systemd-resolved.service",
  "ln -sfn /run/systemd/resolve/stub-resolv.conf /etc/resolv.conf",
  "systemd-sysctl ",
  "nft --check --file /etc/nftables.conf",
];

it("the firewall setup starts the resolver before it loads the rules, replaces the rules in one transaction, and loads no invalid rules", () => {
  expect(stepsOf(setup)).toEqual([
    ...before,
    "systemctl daemon-reload",
    "systemctl enable --quiet nftables.service",
    "systemctl reload-or-restart nftables.service",
  ]);
  expect(stepsOf(setup, { fails: "nft" })).toEqual([...before, "exit 1"]);
});

it("the firewall rules name no interface except loopback", () => {
  const named = [...rules(everything).matchAll(/\b[io]if(?:name)? (\S+)/g)].map(([, name]) => name);
  expect(new Set(named)).toEqual(new Set(["lo"]));
});

it.runIf(hasToolInNetwork("nft", "the detection of changed rules", "-mn"))(
  "the firewall check passes while the file's rules are active; otherwise it prints the command that reloads the rules",
  () => {
    const folder = temporaryFolder();
    const check = partOf(hostFirewallPart).check ?? "";
    const rule =
      "table inet host {\n\tcounter seen {\n\t}\n\tchain input {\n\t\ttype filter hook input priority filter; policy drop;\n\t}\n}\n";
    writeBelow(folder, [
      { path: "check", content: check.replaceAll("/etc/nftables.conf", join(folder, "nftables.conf")) },
      { path: "nftables.conf", content: `flush ruleset\n${rule}` },
    ]);
    const script = `cd ${folder}; look() { sh check 2>&1; echo "exit $?"; }
        look; nft -f nftables.conf; look; sed 's/counter seen {/& packets 5 bytes 300/' nftables.conf | nft -f -; look; nft add rule inet host input accept; look; nft -f nftables.conf; echo nonsense >nftables.conf; look 2>&1 | tail -n 1`;
    const told = ["The host firewall's rules differ from FILE; run: systemctl reload-or-restart nftables", "exit 1"];
    const { output } = runTool("unshare", ["-mn", "sh", "-c", script]);
    expect(output.replaceAll(join(folder, "nftables.conf"), "FILE").trim().split("\n")).toEqual([
      ...told,
      // The check ignores changed counters.
      ...["exit 0", "exit 0"],
      ...told,
      "exit 1",
    ]);
  },
);

it.runIf(
  hasTool("python3", "connections to silent members") &&
    hasToolInNetwork("nft", "connections to silent members", "-mn"),
)("the host firewall rejects a connection of group communication at once if the member has been silent for 3 s", () => {
  const folder = temporaryFolder();
  const text = rules(exampleConfig(spread), "charlie")
    .replaceAll(ownAddress, join(folder, "own-address.nft"))
    // The test runs as root, and other users may not exist here.
    .replaceAll(/meta skuid (\{[^}]*\}|"mysql")/g, "meta skuid 0");
  writeBelow(folder, [
    { path: "nftables.conf", content: text },
    { path: "own-address.nft", content: "define own_address = 10.0.1.13\n" },
  ]);
  const program = fileURLToPath(new URL("heard.py", import.meta.url));
  const args = [program, join(folder, "nftables.conf"), "10.0.1.13", "10.0.1.11"];
  const { output } = runTool("unshare", ["-mn", "python3", ...args]);
  const found = JSON.parse(output.trim().split("\n").at(-1) ?? "") as Record<string, [string, number]>;
  expect(Object.fromEntries(Object.entries(found).map(([when, [result]]) => [when, result]))).toEqual({
    "never heard": "rejected",
    role: "connected",
    heard: "connected",
    "just silent": "timed out",
    silent: "rejected",
    "role again": "connected",
    "heard again": "connected",
  });
  expect(found["silent"]?.[1]).toBeLessThan(0.5);
});

it("the firewall check does not report addresses of members that were learned from packets as changed rules", () => {
  const heard = "\tset heard {\n\t\ttype ipv4_addr\n\t\telements = { 10.0.1.11 }\n\t}\n";
  const check = partOf(hostFirewallPart, exampleConfig(spread), "charlie").check ?? "";
  const [, filter = ""] = /list ruleset \| (sed .*?)\) \|\|/.exec(check.replaceAll("'", "")) ?? [];
  const { output } = runTool("sh", ["-c", `printf '%s' "$0" | ${filter}`, `before\n${heard}after\n`]);
  expect(output).toBe("before\nafter\n");
});

it.runIf(hasToolInNetwork("nft", "host firewall rules", "-mn")).each([
  ["defaults", exampleConfig(), "alpha"],
  ["everything", everything, "alpha"],
  ["web alone", split, "front"],
  ["database alone", split, "left"],
  ["a member of several locations", exampleConfig(spread), "charlie"],
] as const)("nftables loads the host firewall's rules in an empty network: %s", (_, config, server) => {
  const folder = temporaryFolder();
  const known = readFileSync("/etc/passwd", "utf8");
  const missing = createdEarly.filter((user) => !known.includes(`\n${user}:`));
  const passwd = known + missing.map((user, index) => `${user}:x:${60000 + index}:60000::/:/bin/false\n`).join("");
  writeBelow(folder, [
    { path: "passwd", content: passwd },
    { path: "nftables.conf", content: rules(config, server).replaceAll(ownAddress, join(folder, "own-address.nft")) },
    { path: "own-address.nft", content: contentOf(partOf(hostFirewallPart, config, server), ownAddress) },
  ]);
  const script = 'mount --bind "$0/passwd" /etc/passwd && nft -c -f "$0/nftables.conf" && nft -f "$0/nftables.conf"';
  expect(runTool("unshare", ["-mn", "sh", "-c", script, folder])).toEqual({ status: 0, output: "" });
});
