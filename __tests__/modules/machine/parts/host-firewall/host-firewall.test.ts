import { readFileSync } from "node:fs";
import { BlockList } from "node:net";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { hostFirewallPart } from "../../../../../modules/machine/parts/host-firewall/index.js";
import { createdEarly } from "../../../../../modules/platform/users.js";
import { exampleConfig } from "../../../../support/config.js";
import { contentOf, partOf, temporaryFolder, writeBelow } from "../../../../support/payload-files.js";
import { splitServers, spread } from "../../../../support/servers.js";
import { stepsOf } from "../../../../support/steps.js";
import { hasToolInNetwork, runTool } from "../../../../support/tools.js";

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
/** Accepted TCP connections from other hosts. */
const inward = (config = exampleConfig(), server = "alpha"): string[] =>
  accepted(rules(config, server)).filter((match) => match.includes("tcp dport") && !match.startsWith("meta skuid"));
const accepted = (text: string): string[] => [...text.matchAll(/^\t\t(.*) accept$/gm)].map(([, match]) => match ?? "");

describe("the host firewall with defaults", () => {
  it("installs the local resolver", () => {
    const part = partOf(hostFirewallPart);
    expect(part.packages).toContain("systemd-resolved");
    expect(part.setup).toMatch(/restart systemd-resolved\.service\n[^]*reload-or-restart nftables\.service/);
  });

  it("lets the application reach its configured networks by address family, but never the platform's own network", () => {
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

  it("the resolver sends every query to Hetzner's name servers and none to neighbours", () => {
    expect(contentOf(partOf(hostFirewallPart), "/etc/systemd/resolved.conf.d/60-platform.conf")).toBe(
      "[Resolve]\nDNS=185.12.64.1 185.12.64.2 2a01:4ff:ff00::add:1 2a01:4ff:ff00::add:2\nFallbackDNS=\nDomains=~.\nLLMNR=no\nMulticastDNS=no\n",
    );
  });

  it("drops incoming, outgoing and forwarded traffic without a matching rule", () => {
    expect(rules().match(/policy drop;/g)).toHaveLength(3);
    expect(rules()).not.toContain("policy accept");
  });

  it("replaces all rules in one transaction", () => {
    expect(rules().match(/^flush ruleset$/gm)).toHaveLength(1);
  });

  it("lets only the balancer reach nginx on the private address, and no host reach ssh", () => {
    const [balancer, ...others] = inward();
    expect(balancer).toBe("ip saddr { 10.0.1.5 } ip daddr $own_address tcp dport { 80 }");
    expect(others.filter((match) => /dport \{[^}]*\b(22|80|443)\b/.test(match))).toEqual([]);
  });

  it("counts dropped packets in named counters", () => {
    for (const name of ["dropped_in", "dropped_out", "dropped_forward"]) {
      expect(rules()).toContain(`counter ${name} {`);
      expect(rules()).toMatch(new RegExp(`counter name ${name}\\b`));
    }
  });
});

describe("a server's own address", () => {
  it("a server's own address is in a separate file, so that servers with the same roles have equal rules", () => {
    expect(contentOf(partOf(hostFirewallPart), ownAddress)).toContain("define own_address = 10.0.1.11\n");
    expect(rules()).toContain(`include "${ownAddress}"\n`);
    expect(rules(exampleConfig(), "bravo")).toBe(rules());
  });
});

describe("the host firewall with everything set", () => {
  it("lets administrators reach public addresses from their networks", () => {
    expect(rules(everything)).toContain("ip saddr { 192.0.2.0/24 } ip daddr != $own_address tcp dport { 22 } accept");
    expect(rules(everything)).toContain("ip6 saddr { 2001:db8::/48 } tcp dport { 22 } accept");
  });

  it("the host firewall opens the TLS port to the balancer", () => {
    expect(rules(everything)).toContain("ip saddr { 10.0.1.5 } ip daddr $own_address tcp dport { 443 } accept");
  });
});

describe("outbound traffic", () => {
  const out = accepted(rules()).filter((match) => match.startsWith("meta skuid"));

  it("outbound traffic is allowed per user", () => {
    expect(out).toContain('meta skuid { "haproxy" } ip saddr $own_address ip daddr { 10.0.1.8/29 } tcp dport { 3306 }');
    expect(out).toContain('meta skuid { "_apt" } ip daddr != @not_internet tcp dport { 80, 443 }');
    expect(out).toContain('meta skuid { "dd-agent" } ip6 daddr @internet6 tcp dport { 443 }');
  });

  it("only root reaches the metadata service", () => {
    expect(out.filter((match) => match.includes("169.254.169.254"))).toEqual([
      'meta skuid { "root" } ip daddr { 169.254.169.254 } tcp dport { 80 }',
    ]);
    expect(rules()).toMatch(/set not_internet \{[^}]*169\.254\.0\.0\/16/);
  });

  it("the application and nginx cannot open outbound connections or resolve names", () => {
    expect(out.filter((match) => /"(app|www-data)"/.test(match))).toEqual([]);
    expect(rules()).toContain(
      'ip daddr 127.0.0.0/8 meta skuid { "app", "app-migrations", "mysql", "haproxy", "www-data" } meta l4proto { tcp, udp } th dport 53 goto refuse',
    );
  });

  it("MySQL reaches only the other members", () => {
    expect(out.filter((match) => match.includes('"mysql"'))).toEqual([
      'meta skuid { "mysql" } ip saddr $own_address ip daddr { 10.0.1.8/29 } tcp dport { 3306, 33061 }',
    ]);
  });

  it("checks every datagram; only answers and established TCP connections pass unchecked", () => {
    const output = /chain output \{.*?\n\t\}/s.exec(rules())?.[0] ?? "";
    expect([...output.matchAll(/^\t\t(ct state .*)$/gm)].map(([, rule]) => rule)).toEqual([
      "ct state related accept",
      "ct state established ct direction reply accept",
      "ct state established tcp flags & (syn | ack) != syn accept",
    ]);
  });

  it("rejects outbound traffic without a matching rule", () => {
    expect(rules()).toMatch(/\t\tgoto refuse\n\t\}/);
  });
});

describe("traffic without a rule of the table", () => {
  const chain = (name: string): readonly string[] =>
    (new RegExp(`chain ${name} \\{\\n([^]*?)\\n\\t\\}`).exec(rules())?.[1] ?? "")
      .split("\n")
      .map((line) => line.trim())
      .filter((line) => !line.startsWith("#") && !/^(meta skuid|ip6? [sd]addr \S+ |ip6? [sd]addr \{)/.test(line));

  it("without a rule only answers, loopback, DHCP and IPv6 discovery pass; other traffic is counted and partly logged", () => {
    expect(chain("input").filter((line) => !/^(ip|tcp|icmp) /.test(line))).toEqual([
      "type filter hook input priority filter; policy drop;",
      "ct state established,related accept",
      "ct state invalid counter name dropped_in drop",
      "iif lo accept",
      "udp sport 67 udp dport 68 accept",
      "ip6 hoplimit 255 icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert, nd-router-advert, nd-redirect } accept",
      "icmpv6 type { mld-listener-query, mld-listener-report, mld2-listener-report } ip6 saddr fe80::/10 accept",
      expect.stringMatching(/^limit rate 6\/minute burst 10 packets log prefix "nftables dropped in: " flags skuid$/),
      "counter name dropped_in",
    ]);
    expect(chain("output")).toEqual([
      "type filter hook output priority filter; policy drop;",
      "ct state related accept",
      "ct state established ct direction reply accept",
      "ct state established tcp flags & (syn | ack) != syn accept",
      "oif lo ip daddr 127.0.0.0/8 accept",
      "oif lo ip6 daddr ::1 accept",
      "udp sport 68 udp dport 67 accept",
      "ip6 hoplimit 255 icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert, nd-router-solicit } accept",
      "icmpv6 type { mld-listener-report, mld-listener-done, mld2-listener-report } accept",
      "goto refuse",
    ]);
    expect(chain("refuse")).toEqual([
      'limit rate 6/minute burst 10 packets log prefix "nftables dropped out: " flags skuid',
      "counter name dropped_out reject with icmpx type admin-prohibited",
    ]);
    expect(chain("forward")).toEqual([
      "type filter hook forward priority filter; policy drop;",
      "counter name dropped_forward",
    ]);
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

  it("private, shared, link-local and multicast addresses do not count as internet", () => {
    const not = setOf("not_internet", "ipv4");
    const others = ["0.1.2.3", "10.255.0.1", "100.64.0.1", "100.127.255.254", "127.0.0.53", "169.254.169.254"];
    for (const address of [...others, "172.16.0.1", "172.31.255.254", "192.168.255.1", "224.0.0.1", "255.255.255.255"])
      expect(not.check(address), address).toBe(true);
    for (const address of [
      "1.1.1.1",
      "11.0.0.1",
      "100.128.0.1",
      "126.0.0.1",
      "172.32.0.1",
      "192.169.0.1",
      "223.255.0.1",
    ])
      expect(not.check(address), address).toBe(false);
    const internet = setOf("internet6", "ipv6");
    for (const [address, is] of [
      ["2001:db8::1", true],
      ["3fff::1", true],
      ["::1", false],
      ["fe80::1", false],
      ["fd00::1", false],
      ["ff02::1", false],
    ] as const)
      expect(internet.check(address, "ipv6"), address).toBe(is);
  });
});

describe("servers with one role", () => {
  it("servers with one role accept only that role's traffic", () => {
    expect(inward(split, "front")).toEqual([
      "ip saddr { 10.0.1.5 } ip daddr $own_address tcp dport { 80 }",
      "ip saddr { 10.0.1.8/29, 10.0.1.128/25 } ip daddr $own_address tcp dport { 6448, 6449 }",
    ]);
    expect(inward(split, "left")).toEqual([
      "ip saddr { 10.0.1.8/29, 10.0.1.128/25 } ip daddr $own_address tcp dport { 3306 }",
      "ip saddr { 10.0.1.8/29, 10.0.1.128/25 } ip daddr $own_address tcp dport { 8008 }",
      "ip saddr { 10.0.1.8/29 } ip daddr $own_address tcp dport { 3306, 33061 }",
      "ip saddr { 10.0.1.8/29 } ip daddr $own_address tcp dport { 8008 }",
    ]);
  });

  it("only users of the server's role may open connections; the agent only with monitoring", () => {
    const users = (server: string) =>
      new Set(accepted(rules(split, server)).flatMap((match) => /^meta skuid \{ "([\w-]+)" \}/.exec(match)?.[1] ?? []));
    const everywhere = ["root", "systemd-resolve", "_chrony", "_apt"];
    expect(users("front")).toEqual(new Set(["haproxy", ...everywhere]));
    expect(users("left")).toEqual(new Set(["mysql", ...everywhere]));
  });
});

describe("services", () => {
  const dropIn = (server: string, config = split): string =>
    contentOf(partOf(hostFirewallPart, config, server), "/etc/systemd/system/nftables.service.d/platform.conf");

  it("services of the server's roles start only after the rules are loaded", () => {
    const web = "nginx.service haproxy.service app.socket app.service";
    const database = "mysql.service mysql-group.service";
    for (const key of ["Before", "RequiredBy"]) {
      expect(dropIn("front")).toContain(`${key}=${web}\n`);
      expect(dropIn("left")).toContain(`${key}=${database}\n`);
      expect(dropIn("alpha", exampleConfig())).toContain(`${key}=${web} ${database}\n`);
      // A database member in several locations is a relay.
      expect(dropIn("charlie", exampleConfig(spread))).toContain(`${key}=${database} haproxy.service\n`);
    }
  });

  it("the firewall's unit refuses a restart, and stopping it does not remove the rules", () => {
    expect(dropIn("front")).toContain("RefuseManualStop=yes\n");
    expect(dropIn("front")).toContain("ExecStop=\n");
  });
});

describe("kernel settings of the network", () => {
  const text = contentOf(partOf(hostFirewallPart), "/etc/sysctl.d/60-network.conf");
  const settings = Object.fromEntries(
    [...text.matchAll(/^(net\S+) = (\S+)$/gm)].map(([, name = "", value = ""]) => [name, value] as const),
  );

  it("the kernel rejects packets on a wrong interface, redirects and source routes", () => {
    for (const scope of ["all", "default"])
      expect(settings).toMatchObject({
        [`net.ipv4.conf.${scope}.rp_filter`]: "1",
        [`net.ipv4.conf.${scope}.accept_redirects`]: "0",
        [`net.ipv4.conf.${scope}.secure_redirects`]: "0",
        [`net.ipv4.conf.${scope}.send_redirects`]: "0",
        [`net.ipv6.conf.${scope}.accept_redirects`]: "0",
      });
    expect(settings["net.ipv4.conf.all.accept_source_route"]).toBe("0");
  });

  it("the kernel ignores broadcasts, uses SYN cookies, and lets services bind a missing address", () => {
    expect(settings).toMatchObject({
      "net.ipv4.icmp_echo_ignore_broadcasts": "1",
      "net.ipv4.tcp_syncookies": "1",
      "net.ipv4.ip_nonlocal_bind": "1",
    });
  });
});

describe("setting it up", () => {
  const setup = partOf(hostFirewallPart).setup ?? "";
  const before = [
    "systemctl enable --quiet systemd-resolved.service",
    "systemctl restart systemd-resolved.service",
    "ln -sfn /run/systemd/resolve/stub-resolv.conf /etc/resolv.conf",
    "systemd-sysctl ",
    "nft --check --file /etc/nftables.conf",
  ];

  it("starts the resolver before loading the rules, replaces rules in one transaction, and loads no invalid rules", () => {
    expect(stepsOf(setup)).toEqual([
      ...before,
      "systemctl daemon-reload",
      "systemctl enable --quiet nftables.service",
      "systemctl reload-or-restart nftables.service",
    ]);
    expect(stepsOf(setup, { fails: "nft" })).toEqual([...before, "exit 1"]);
  });
});

describe("interfaces", () => {
  it("the rules name no interface except loopback", () => {
    const named = [...rules(everything).matchAll(/\b[io]if(?:name)? (\S+)/g)].map(([, name]) => name);
    expect(new Set(named)).toEqual(new Set(["lo"]));
  });
});

describe("the check of the firewall rules", () => {
  it.runIf(hasToolInNetwork("nft", "the detection of changed rules", "-mn"))(
    "the check passes while the file's rules are active; otherwise it prints the command that reloads them",
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
        // Changed counters do not count as changed rules.
        ...["exit 0", "exit 0"],
        ...told,
        "exit 1",
      ]);
    },
  );
});

describe("nftables itself", () => {
  it.runIf(hasToolInNetwork("nft", "host firewall rules", "-mn")).each([
    ["defaults", exampleConfig(), "alpha"],
    ["everything", everything, "alpha"],
    ["web alone", split, "front"],
    ["database alone", split, "left"],
  ] as const)("loads the rules in an empty network: %s", (_, config, server) => {
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
});
