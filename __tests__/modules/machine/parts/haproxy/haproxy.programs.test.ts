import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { haproxyPart } from "../../../../../modules/machine/parts/haproxy/index.js";
import { ports } from "../../../../../modules/platform/ports.js";
import { exampleConfig } from "../../../../support/config.js";
import { contentOf, partOf, temporaryFolder, writeBelow } from "../../../../support/payload-files.js";
import { splitServers, spread } from "../../../../support/servers.js";
import { stepsOf } from "../../../../support/steps.js";
import { hasTool, hasToolInNetwork, runTool } from "../../../../support/tools.js";
import { allowedToAll, judgeDropIn } from "../../../../support/units.js";

const rendered = (config = exampleConfig(), server = "alpha"): string =>
  contentOf(partOf(haproxyPart, config, server), "/etc/haproxy/haproxy.cfg");
const section = (name: string, text = rendered()): string =>
  new RegExp(`^(listen|frontend) ${name}\\n(\\t.*\\n)+`, "m").exec(text)?.[0] ?? "";

it("HAProxy listens on loopback, and on the private address for other web servers", () => {
  expect([...rendered().matchAll(/^\tbind (.*)$/gm)].map((match) => match[1])).toEqual([
    "127.0.0.1:6446",
    '"$OWN_ADDRESS":6448',
    '"$OWN_ADDRESS":6449',
    "127.0.0.1:6447",
    "127.0.0.1:3003",
    "127.0.0.1:8404",
  ]);
});

describe("connections through HAProxy", () => {
  const lines = (name: string): readonly string[] =>
    (new RegExp(`^${name}\\n((\t.*\\n)+)`, "m").exec(rendered())?.[1] ?? "").split("\n").map((line) => line.trim());

  it("HAProxy ends a connection attempt after one second and retries once at another member; a connection may be idle for 30 minutes", () => {
    // The time limit is long, because connection pools keep unused connections at night. The application checks each connection every 30 s.
    const idle = ["timeout client 30m", "timeout server 30m"];
    const quick = ["timeout connect 1s", "timeout queue 1s", "timeout check 1s", "retries 2", "option redispatch 1"];
    expect(lines("defaults")).toEqual(expect.arrayContaining([...quick, ...idle, "log global"]));
    expect(lines("frontend stats")).toContain("timeout client 10s");
  });

  it("HAProxy's connection limit allows a burst of visitors and bounds memory", () => {
    const most = Number(/^\tmaxconn (\d+)$/m.exec(rendered())?.[1]);
    // If the application opens its port itself, HAProxy also relays the requests of visitors.
    expect(most).toBeGreaterThanOrEqual(1000);
    expect(most).toBeLessThanOrEqual(2000);
  });

  it("HAProxy's workers run without root's user and group, and log only problems, to the journal", () => {
    expect(lines("global")).toEqual(
      expect.arrayContaining(["user haproxy", "group haproxy", "log stdout format raw daemon notice"]),
    );
  });
});

/** Runs a Python program with HAProxy's configuration in a separate network namespace. @returns the JSON in the program's last line */
function observe(name: string, configuration: string, ...args: readonly string[]): Record<string, unknown> {
  const folder = temporaryFolder();
  writeBelow(folder, [{ path: "haproxy.cfg", content: configuration }]);
  const program = fileURLToPath(new URL(name, import.meta.url));
  const words = ["-nu", "python3", program, join(folder, "haproxy.cfg"), ...args];
  return JSON.parse(runTool("unshare", words).output.trim().split("\n").at(-1) ?? "") as Record<string, unknown>;
}

/** All addresses of the database range. */
const range = [8, 9, 10, 11, 12, 13, 14, 15].map((last) => `10.0.1.${last}`);

describe("the write port", () => {
  it("HAProxy's write port connects to the primary, and otherwise to another server's relay", () => {
    const lines = section("primary").match(/^\tserver .*$/gm);
    const web = [128, 129, 130, 131, 132, 133, 134, 135].map((last) => `10.0.1.${last}`);
    expect(lines).toEqual([
      ...range.map((address) => `\tserver ${address} ${address}:3306 check`),
      ...[...range, ...web].map((address) => `\tserver ${address}-relay ${address}:6448 backup check port 6449`),
    ]);
    expect(section("primary")).toContain("http-check send meth GET uri /primary\n");
  });

  it("HAProxy's relays connect only to database members, so that connections cannot loop", () => {
    expect(section("relay").match(/^\tserver .*$/gm)).toEqual(
      range.map((address) => `\tserver ${address} ${address}:3306 track primary/${address}`),
    );
  });

  it("HAProxy closes connections to a member that is no longer the primary", () => {
    expect(rendered()).toContain("on-marked-down shutdown-sessions\n");
  });

  it("HAProxy detects a change of the primary within 2 s, because a failover must take less than 10 s", () => {
    expect(rendered()).toContain("default-server port 8008 inter 1s fastinter 500ms downinter 500ms fall 2 rise 1");
  });
});

it("HAProxy's read port balances replicas and uses the primary if there is no replica", () => {
  const lines = section("replicas").match(/^\tserver .*$/gm);
  expect(lines).toEqual([
    ...range.map((address) => `\tserver ${address} ${address}:3306 check on-marked-up shutdown-backup-sessions`),
    ...range.map((address) => `\tserver ${address}-primary ${address}:3306 backup track primary/${address}`),
  ]);
  expect(section("replicas")).toContain("http-check send meth GET uri /replica\n");
  expect(section("replicas")).toContain("balance leastconn\n");
});

describe("HAProxy in several locations", () => {
  const config = exampleConfig(spread);

  it.runIf(
    hasTool("python3", "reads from near replicas") && hasToolInNetwork("haproxy", "reads from near replicas", "-nu"),
  )(
    "HAProxy sends reads to replicas nearby, otherwise to the primary, otherwise to a distant replica",
    () => {
      const [primary = "", near = "", far = ""] = range;
      expect(observe("near.py", rendered(config), primary, near, far)).toEqual({
        "near replica": [near],
        "no near replica": [primary],
        "only the far replica": [far],
        "near replica again": [near],
      });
    },
    120_000,
  );
});

describe("HAProxy with everything set", () => {
  const config = exampleConfig({ servers: splitServers });

  it("HAProxy's configuration does not depend on other roles and on the number of members", () => {
    expect(rendered(config, "front")).toBe(rendered());
  });

  it("HAProxy gets the server's own address from a drop-in of its unit", () => {
    const known = contentOf(
      partOf(haproxyPart, config, "left"),
      "/etc/systemd/system/haproxy.service.d/own-address.conf",
    );
    expect(known).toContain("\n[Service]\nEnvironment=OWN_ADDRESS=10.0.1.11\n");
  });

  it("HAProxy checks every address of the database range except reserved addresses", () => {
    const wide = exampleConfig({ network: { databaseRange: "10.0.1.0/28", balancerIp: "10.0.1.20" } });
    expect(section("primary", rendered(wide)).match(/^\tserver .* check$/gm)).toHaveLength(14);
    expect(rendered(wide)).not.toContain("server 10.0.1.1 ");
  });
});

it.runIf(hasTool("systemd-analyze", "drop-in of HAProxy's unit"))(
  "systemd restarts HAProxy without a limit, and HAProxy's master process keeps only the capabilities that it needs",
  () => {
    const dropIn = contentOf(partOf(haproxyPart), "/etc/systemd/system/haproxy.service.d/sandbox.conf");
    expect(contentOf(partOf(haproxyPart), "/etc/systemd/system/haproxy.service.d/platform.conf")).toMatch(
      /^\[Unit\]\nStartLimitIntervalSec=0\n\n\[Service\]\nRestartSec=1s$/m,
    );
    // HAProxy cannot access the sockets of D-Bus, systemd and the resolver, through which it could bypass the firewall and reach a name
    // server.
    expect(dropIn).toContain("InaccessiblePaths=-/run/dbus -/run/systemd/private -/run/systemd/resolve\n");
    const { complaints, exposure, allowed } = judgeDropIn("haproxy.service", dropIn);
    expect(complaints).toBe("");
    expect(exposure).toBeLessThan(3);
    expect(allowed.filter((each) => !allowedToAll.includes(each))).toEqual([
      "CapabilityBoundingSet_CAP_KILL",
      "CapabilityBoundingSet_CAP_SET_UID_GID_PCAP",
      "CapabilityBoundingSet_CAP_SYS_CHROOT",
      "SystemCallFilter_mount",
      "UMask",
      "UserOrDynamicUser",
    ]);
  },
);

it("the setup applies an HAProxy configuration only if HAProxy accepts it", () => {
  const setup = partOf(haproxyPart).setup ?? "";
  const check = "haproxy -c -q -f /etc/haproxy/haproxy.cfg";
  expect(stepsOf(setup)).toEqual([
    check,
    "systemctl daemon-reload",
    "systemctl enable --quiet haproxy.service",
    "systemctl reload-or-restart haproxy.service",
  ]);
  expect(stepsOf(setup, { fails: "haproxy" })).toEqual([check, "exit 1"]);
});

it.runIf(hasTool("haproxy", "haproxy.cfg by haproxy -c"))("HAProxy accepts the configuration", () => {
  const folder = temporaryFolder();
  writeBelow(folder, [{ path: "haproxy.cfg", content: rendered() }]);
  expect(runTool("haproxy", ["-c", "-q", "-f", join(folder, "haproxy.cfg")])).toEqual({ status: 0, output: "" });
});

it.runIf(
  hasTool("python3", "where HAProxy leads") &&
    hasTool("nft", "what HAProxy does when a machine vanishes") &&
    hasToolInNetwork("haproxy", "where HAProxy leads", "-nu"),
)(
  "HAProxy sends writes only to the primary and reads to replicas, and closes connections to the wrong member",
  () => {
    const [primary = "", first = "", second = ""] = range;
    const found = observe("roles.py", rendered(), ...range);
    expect(found).toMatchObject({
      writes: [primary],
      reads: [first, first, second, second].sort(),
      "writes then": [first],
      "reads without replica": first,
      "reads with replica": second,
      "reads while it vanishes": primary,
      "health without application": "",
      health: "127.0.0.1",
      "health without database": "127.0.0.1",
      "health by its own member": "127.0.0.1",
      metrics: true,
      statistics: true,
      root: false,
      directory: "/var/lib/haproxy",
      "lines for connections": 0,
    });
    // The limits are twice the configured times, because the test machine may be busy.
    for (const [what, atMost] of [
      ["two primaries", 5],
      ["writer cut after", 6],
      ["reader moved after", 6],
      ["answered after", 6],
      ["health refused after", 1],
      ["cut off after", 8],
      ["reader cut after", 9],
    ] as const)
      expect(found[what], what).toBeLessThan(atMost);
  },
  300_000,
);

it.runIf(
  hasTool("python3", "how HAProxy relays") &&
    hasTool("nft", "how HAProxy relays") &&
    hasToolInNetwork("haproxy", "how HAProxy relays", "-nu"),
)(
  "HAProxy reaches an unreachable primary through another server, without a loop",
  () => {
    const [cutOff = "", between = "", primary = ""] = range;
    const found = observe("relay.py", rendered(), cutOff, between, primary);
    expect(found).toMatchObject({ direct: [cutOff, between], relayed: between, "without primary": ["", ""] });
    // On an idle machine, the times are 3.4 s, 3.1 s, 0.8 s and 1.0 s. The test machine may be busy.
    for (const what of ["relayed after", "no primary after", "relayed again after", "direct again after"])
      expect(found[what], what).toBeLessThanOrEqual(20);
  },
  120_000,
);

it.runIf(
  hasTool("python3", "how HAProxy holds requests") && hasToolInNetwork("haproxy", "how it holds requests", "-nu"),
)(
  "HAProxy holds requests during a switch of releases if the application opens its own port",
  () => {
    const places = [ports.application, ports.applicationItself].map(String);
    const found = observe("held.py", rendered(exampleConfig({ application: { listens: "port" } })), ...places);
    expect(found["who"]).toBe("the next release");
    // The application starts to listen after 3 s.
    expect(found["seconds"]).toBeGreaterThan(2.9);
    expect(found["seconds"]).toBeLessThan(10);
  },
  300_000,
);
