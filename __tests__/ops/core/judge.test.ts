import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { type FaultKind, faultTable, judgedCommands } from "../../../ops/core/faults.js";
import { faultsOf, gate, inOrder, needsHand, notBack, stopping } from "../../../ops/core/judge.js";
import { primaryOf } from "../../../ops/core/snapshot.js";
import { cloudServer, type Difference, release, snapshot } from "../support/snapshot.js";

it("if all servers are healthy, npm run ops status reports nothing and the precondition check of every command passes", () => {
  expect(needsHand(snapshot())).toEqual([]);
  expect(gate(snapshot(), "rollout")).toEqual([]);
});

it("a server that is no longer in the configuration is reported for removal and does not stop a rollout", () => {
  const left = { ...snapshot(), outside: [cloudServer("charlie", { name: "delta", current: false })] };
  expect(needsHand(left)).toEqual(["delta: is not in the configuration; npm run ops remove delta"]);
  expect(gate(left, "rollout")).toEqual([]);
});

it("a primary that is no longer in the configuration is reported only for removal", () => {
  const delta = cloudServer("charlie", { name: "delta", privateIp: "10.0.1.14", current: false });
  const replica = {
    role: "SECONDARY",
    writable: false,
    view: ["10.0.1.11", "10.0.1.12", "10.0.1.13", delta.privateIp],
  };
  const healthy = snapshot({ alpha: { member: replica }, bravo: { member: replica }, charlie: { member: replica } });
  const removal = "delta: is not in the configuration; npm run ops remove delta";
  expect(needsHand({ ...healthy, outside: [delta] })).toEqual([removal]);
  const silent = snapshot({ alpha: { observation: null }, bravo: { member: replica }, charlie: { member: replica } });
  expect(needsHand({ ...silent, outside: [delta] })).toContain("no member is the primary; docs/runbook.md#no-primary");
});

it("every fault of a server is reported with an existing section of the runbook or with a command", () => {
  const sections = readFileSync("docs/runbook.md", "utf8");
  for (const { help } of Object.values(faultTable)) {
    const [, section] = /runbook\.md#(\S+)$/.exec(help) ?? [];
    if (section === undefined) expect(help).toMatch(/npm run|on SERVER: /);
    else expect(sections).toContain(`\n## ${section}\n`);
  }
});

it.each<[string, Difference, Difference]>([
  ["disk usage", { observation: { diskPercent: { "/": 84 } } }, { observation: { diskPercent: { "/": 85 } } }],
  ["replication lag", { member: { lagSeconds: 10 } }, { member: { lagSeconds: 10.6 } }],
])("a rollout is stopped only if a server is above the limit of %s", (_, well, notWell) => {
  expect(gate(snapshot({ bravo: well }), "rollout")).toEqual([]);
  expect(gate(snapshot({ bravo: notWell }), "rollout")).toHaveLength(1);
});

it.each<[string, Difference, RegExp]>([
  ["an outdated payload", { cloud: { current: false } }, /^bravo: is outdated/],
  ["a required reboot", { observation: { rebootFor: ["mysql.service"] } }, /^bravo: needs a reboot \(mysql.service\)/],
  [
    "an expiring certificate",
    { observation: { certificateDays: { "the origin certificate": 20 } } },
    /^bravo: the origin certificate ends in 20 days; npm run ops rotate origin-certificate$/,
  ],
  [
    "an expiring certificate of MySQL",
    { observation: { certificateDays: { "MySQL's authority": 0 } } },
    /^bravo: MySQL's authority ends in 0 days; npm run ops rotate database-authority$/,
  ],
  [
    "an expired certificate of MySQL",
    { observation: { certificateDays: { "MySQL's certificate": -1 } } },
    /^bravo: MySQL's certificate has expired; docs\/runbook\.md#internal-certificate$/,
  ],
  [
    "an expired origin certificate",
    { observation: { certificateDays: { "the origin certificate": -1 } } },
    /^bravo: the origin certificate has expired; docs\/runbook\.md#origin-certificate$/,
  ],
  [
    "a server with another release",
    { observation: { releases: [release("3")] } },
    /^web servers run different releases/,
  ],
])("npm run ops status reports %s, but a rollout continues", (_, bravo, words) => {
  expect(needsHand(snapshot({ bravo }))).toEqual([expect.stringMatching(words)]);
  expect(gate(snapshot({ bravo }), "rollout")).toEqual([]);
});

it("a release that runs on all servers but differs from the configured release is reported, because new servers would start the configured release", () => {
  const newer = { observation: { releases: [release("3"), release("2")] } };
  expect(needsHand(snapshot({ alpha: newer, bravo: newer, charlie: newer }))).toEqual([
    expect.stringMatching(/^the configured release differs/),
  ]);
});

it("a certificate with a normal lifetime is not reported while at least 21 days remain until its expiry", () => {
  expect(needsHand(snapshot({ bravo: { observation: { certificateDays: { it: 21 } } } }))).toEqual([]);
});

it("unprotected servers are not reported as a fault if the environment requires no protection", () => {
  expect(needsHand({ ...snapshot({ bravo: { cloud: { isProtected: false } } }), protect: false })).toEqual([]);
});

const alone = { roles: ["web"], observation: { member: null } } satisfies Difference;

it("a server with only one role is checked only for this role", () => {
  const view = ["10.0.1.11", "10.0.1.12"];
  const database = { roles: ["database"], observation: { inService: false, serves: false }, healthy: null } as const;
  const split = { alpha: { member: { view } }, bravo: { ...database, member: { view } }, charlie: alone };
  expect(needsHand(snapshot(split))).toEqual([]);
});

it("a group of servers without the database role needs no primary", () => {
  expect(gate(snapshot({ alpha: alone, bravo: alone, charlie: alone }), "rollout")).toEqual([]);
});

it("the precondition check ignores faults of the server that an interrupted run left unfinished, also if other members report the faults", () => {
  const interrupted = snapshot({
    bravo: { cloud: null, observation: null, healthy: null },
    alpha: { member: { view: ["10.0.1.11", "10.0.1.13"] } },
    charlie: { member: { view: ["10.0.1.11", "10.0.1.13"] } },
  });
  expect(gate(interrupted, "rollout", "bravo")).toEqual([]);
  expect(gate(interrupted, "rollout")).not.toEqual([]);
});

it("the precondition check of a command fails if another server is unhealthy besides the server that an interrupted run left unfinished", () => {
  expect(gate(snapshot({ bravo: { observation: null }, charlie: { healthy: false } }), "rollout", "bravo")).toEqual([
    "charlie: its target is not healthy",
  ]);
});

it("a MySQL member counts as the primary only if the member has the primary role and already accepts writes", () => {
  expect(primaryOf(snapshot())?.name).toBe("alpha");
  expect(primaryOf(snapshot({ alpha: { member: { writable: false } } }))).toBeUndefined();
  expect(primaryOf(snapshot({ alpha: { member: { role: "SECONDARY" } } }))).toBeUndefined();
});

it("commands process web-only servers first, then replicas, then the primary", () => {
  const { servers } = snapshot({ charlie: { roles: ["web"], observation: { member: null } } });
  const far = snapshot({ bravo: { isFar: true } }).servers;
  expect(inOrder(far).map(({ name }) => name)).toEqual(["charlie", "bravo", "alpha"]);
  expect(inOrder(servers).map(({ name }) => name)).toEqual(["charlie", "bravo", "alpha"]);
});

it("a replaced server counts as recovered if the server is healthy and the MySQL group has a writable primary", () => {
  expect(notBack(snapshot(), "bravo")).toBeUndefined();
  expect(notBack(snapshot({ bravo: { healthy: false } }), "bravo")).toBe("bravo: its target is not healthy");
  expect(notBack(snapshot({ alpha: { member: { writable: false } } }), "bravo")).toMatch(/read-only/);
});

const [configured, old, removed] = [["10.0.1.11", "10.0.1.12", "10.0.1.13"], "10.0.1.19", "10.0.1.14"];
const counting = { member: { remembered: [...configured, old, removed] } };
const outside = [cloudServer("charlie", { name: "delta", privateIp: removed })];

it("an unconfigured MySQL group member is reported, and the command for its removal is shown only if its server no longer exists", () => {
  const found = { ...snapshot({ alpha: counting, bravo: counting }), outside };
  expect(needsHand(found).filter((line) => line.includes("counts as a member"))).toEqual([
    "10.0.1.19: counts as a member but is not in the configuration; npm run ops rollout",
  ]);
});

it("an unconfigured MySQL group member is not reported while the member is online in the group", () => {
  const inGroup = { member: { view: [...configured, old], remembered: [...configured, old] } };
  expect(needsHand(snapshot({ alpha: inGroup }))).toEqual([]);
});

const down = { cloud: { running: false }, observation: null, healthy: false } satisfies Difference;
const primary = { role: "PRIMARY", writable: true };
/** Each kind of fault with a snapshot that has this fault, and the line that the status shows. A fault of a single server is on bravo. */
const found: Readonly<Record<FaultKind, readonly [ReturnType<typeof snapshot>, line: string]>> = {
  "no-primary": [
    snapshot({ alpha: { member: { role: "SECONDARY", writable: false } } }),
    "no member is the primary; docs/runbook.md#no-primary",
  ],
  "two-primaries": [
    snapshot({ bravo: { member: primary } }),
    "alpha and bravo is the primary; docs/runbook.md#two-primaries",
  ],
  "read-only-primary": [
    snapshot({ alpha: { member: { writable: false } } }),
    "alpha: is the primary but is still read-only; docs/runbook.md#data-volume-full",
  ],
  missing: [
    snapshot({ bravo: { cloud: null, observation: null } }),
    "bravo: does not exist; npm run ops replace bravo",
  ],
  off: [snapshot({ bravo: down }), "bravo: is off; start it in the Hetzner console, or npm run ops replace bravo"],
  silent: [
    snapshot({ bravo: { observation: null, healthy: false } }),
    "bravo: does not answer: connection timed out; npm run ops replace bravo",
  ],
  "silent-serving": [
    snapshot({ bravo: { observation: null } }),
    "bravo: does not answer: connection timed out; npm run ops replace bravo",
  ],
  "setup-unfinished": [
    snapshot({ bravo: { observation: { firstBoot: "running" } } }),
    "bravo: first boot: running; on bravo: journalctl -u server-setup -n 50",
  ],
  "failed-unit": [
    snapshot({ bravo: { observation: { failedUnits: ["app.service"] } } }),
    "bravo: app.service failed; on bravo: journalctl -u app.service -n 50; systemctl restart app.service",
  ],
  "group-silent": [
    snapshot({ bravo: { observation: { member: null } } }),
    "bravo: mysql-group does not answer; on bravo: systemctl restart mysql-group",
  ],
  "member-offline": [
    snapshot({ bravo: { member: { state: "RECOVERING", reason: "clones" } } }),
    "bravo: member is RECOVERING: clones; on bravo: mysql-group status",
  ],
  "no-majority": [
    snapshot({ bravo: { member: { majority: false } } }),
    "bravo: member is ONLINE, without a majority; docs/runbook.md#members-missing",
  ],
  "member-unseen": [
    snapshot({ bravo: { member: { view: ["10.0.1.11", "10.0.1.12"] } } }),
    "bravo: does not see charlie in its group; docs/runbook.md#member-unreachable",
  ],
  "member-behind": [
    snapshot({ bravo: { member: { lagSeconds: 30 } } }),
    "bravo: is 30 s behind; docs/runbook.md#applier-queue",
  ],
  "out-of-service": [
    snapshot({ bravo: { observation: { inService: false } } }),
    "bravo: is out of service; on bravo: systemctl start in-service",
  ],
  "not-ready": [
    snapshot({ bravo: { observation: { serves: false } } }),
    "bravo: its application is not ready; on bravo: journalctl -u app -n 50",
  ],
  "no-target": [snapshot({ bravo: { healthy: null } }), "bravo: is not a target of the load balancer; npm run deploy"],
  "target-unhealthy": [
    snapshot({ bravo: { healthy: false } }),
    "bravo: its target is not healthy; on bravo: systemctl status nginx app; /usr/local/lib/platform/check-host-firewall",
  ],
  "balancer-idle": [
    { ...snapshot(), idleBalancers: ["production-second"] },
    "load balancer production-second: considers no web server healthy; npm run ops balancers",
  ],
  "disk-full": [
    snapshot({ bravo: { observation: { diskPercent: { "/var/lib/mysql": 85 } } } }),
    "bravo: /var/lib/mysql is 85 % full; on bravo: du -xh --max-depth 3 /var/lib/mysql; docs/runbook.md#disk-full",
  ],
  unprotected: [
    snapshot({ bravo: { cloud: { isProtected: false } } }),
    "bravo: is not protected at Hetzner; npm run deploy",
  ],
};
const kinds = Object.keys(found) as FaultKind[];

it.each(kinds)("the fault %s is reported alone and with its remedy, and the fault stops a rollout", (kind) => {
  const [faulty, line] = found[kind];
  expect([...new Set(faultsOf(faulty).map((fault) => fault.kind))]).toEqual([kind]);
  expect(needsHand(faulty)).toContain(line);
  expect(gate(faulty, "rollout")).toHaveLength(1);
});

it.each(kinds.flatMap((kind) => judgedCommands.map((command) => [kind, command] as const)))(
  "the fault %s stops the command %s if and only if the table of faults requires the stop",
  (kind, command) => {
    const stops = faultTable[kind].verdicts[command] === "stops";
    expect(stopping(found[kind][0], command).length > 0).toBe(stops);
  },
);

it.each(kinds)("the fault %s of a server does not stop a command that processes the faulty server", (kind) => {
  const ofGroup = ["no-primary", "two-primaries", "balancer-idle"].includes(kind);
  const current = kind === "read-only-primary" ? "alpha" : "bravo";
  for (const command of judgedCommands)
    expect(stopping(found[kind][0], command, current).length > 0).toBe(
      ofGroup && faultTable[kind].verdicts[command] === "stops",
    );
});

it("no fault in the table of faults stops a rollback of the release", () => {
  for (const kind of kinds) expect(faultTable[kind].verdicts.rollback).not.toBe("stops");
});
