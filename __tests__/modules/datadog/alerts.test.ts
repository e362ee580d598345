import { describe, expect, it } from "vitest";
import { fullCatalogue } from "../../../modules/datadog/catalogue/index.js";
import type { Condition } from "../../../modules/datadog/definition.js";
import { metricNames } from "../../../modules/datadog/logs/names.js";
import type { MonitorId } from "../../../modules/platform/monitor-ids.js";
import { exampleBackup } from "../../support/config.js";
import { finds, holdsFor, lastOf, type Line, type Sent } from "./small-datadog.js";
import { exampleContext, renderedMonitors } from "./support.js";

const overrides = { backup: exampleBackup };
const definitions = new Map(fullCatalogue(exampleContext(overrides)).map((one) => [one.id, one]));
const monitors = renderedMonitors(overrides);
const metrics = metricNames("production");

/** A metric of a server at every minute, or since some minutes. */
const sends =
  (metric: string, tags: Readonly<Record<string, string>> = {}) =>
  (server: string, value: number, since?: { readonly minutes: number; readonly before: number }): Sent => ({
    metric,
    tags: { env: "production", server, ...tags },
    at: (ago) => (since && ago >= since.minutes ? since.before : value),
  });

/** Who is named by a monitor's alert, and by its warning. */
const named = (id: MonitorId, sent: readonly Sent[]) => {
  const { query = "", monitorThresholds } = monitors.get(id) ?? {};
  const warning = monitorThresholds?.warning;
  return {
    alert: holdsFor(query, sent),
    warning: warning === undefined ? "none" : holdsFor(query, sent, Number(warning)),
  };
};

describe("a fault of one server", () => {
  const disk = (device: string) => ({ device });
  type Send = ReturnType<typeof sends>;
  interface Level {
    readonly id: MonitorId;
    readonly send: Send;
    /** The last value that is well. */
    readonly well: number;
    /** The first and the last value of a warning. @default - no warning */
    readonly warns?: readonly [number, number];
    /** The first value of an alert. */
    readonly alerts: number;
    /** Minutes of the fault until it is told, and minutes without it until that is over. */
    readonly minutes: readonly [told: number, over: number];
    /** What the alert names beside the server. @default - nothing */
    readonly beside?: string;
  }
  const notice = (id: MonitorId, name: string, minutes: number): Level => ({
    ...{ id, send: sends("system.disk.directory.files", { name }), well: 0, alerts: 1, minutes: [minutes, 1] },
  });
  const share = { well: 0.79, warns: [0.81, 0.89], alerts: 0.91, minutes: [1, 5] } as const;
  const certificate = (name: string, more: Readonly<Record<string, string>> = {}): Send =>
    sends("tls.days_left", { name, ...more });
  const daysLeft = { minutes: [1440, 1] } as const;
  const levels: readonly Level[] = [
    { id: "cpu-busy", send: sends("system.cpu.idle"), well: 16, warns: [14, 6], alerts: 4, minutes: [14, 2] },
    { id: "load-high", send: sends("system.load.norm.5"), well: 1.9, warns: [2.1, 2.9], alerts: 3.1, minutes: [14, 2] },
    {
      ...{ id: "memory-low", send: sends("system.mem.pct_usable"), well: 0.11, warns: [0.09, 0.06], alerts: 0.04 },
      minutes: [5, 1],
    },
    { id: "disk-full", send: sends("system.disk.in_use", disk("/")), ...share, beside: ",device:/" },
    { id: "inodes-low", send: sends("system.fs.inodes.in_use", disk("/")), ...share, beside: ",device:/" },
    {
      ...{ id: "data-volume-full", send: sends("system.disk.in_use", disk("/var/lib/mysql")) },
      ...{ ...share, well: 0.69, warns: [0.71, 0.84], alerts: 0.86 },
    },
    { id: "clock-drift", send: sends("ntp.offset"), well: 0.9, warns: [1.1, 4.9], alerts: 5.1, minutes: [1, 15] },
    { id: "clock-drift", send: sends("ntp.offset"), well: -0.9, warns: [-1.1, -4.9], alerts: -5.1, minutes: [1, 15] },
    {
      ...{ id: "applier-queue", send: sends("mysql.replication.group.transactions_in_applier_queue") },
      ...{ well: 199, warns: [201, 999], alerts: 1001, minutes: [10, 1] },
    },
    {
      ...{ id: "certification-queue", send: sends("mysql.replication.group.transactions") },
      ...{ well: 99, warns: [101, 499], alerts: 501, minutes: [10, 1] },
    },
    {
      ...{ id: "balancer-silent", send: sends("nginx.net.request_per_s"), well: 0.24, alerts: 0.23 },
      minutes: [10, 1],
    },
    { id: "edge-certificate", send: certificate("edge"), well: 22, warns: [20, 8], alerts: 6, ...daysLeft },
    { id: "origin-certificate", send: certificate("origin"), well: 31, warns: [29, 15], alerts: 13, ...daysLeft },
    {
      ...{ id: "internal-certificate", send: certificate("internal", { file: "/a" }), beside: ",file:/a" },
      ...{ well: 181, warns: [179, 61], alerts: 59, ...daysLeft },
    },
    notice("reboot-required", "reboot-required", 1440),
    notice("vendor-updates", "vendor-updates", 1440),
    notice("server-incomplete", "server-setup", 15),
    notice("host-firewall-missing", "host-firewall", 5),
    notice("private-address-missing", "private-network", 5),
    notice("archive-behind", "backup", 5),
    notice("archive-refused", "backup-refused", 5),
    notice("archive-base-old", "backup-base", 5),
    notice("archive-drill-failed", "backup-drill", 5),
    notice("archive-gap", "backup-gap", 5),
    notice("archive-key-left", "backup-key", 5),
  ];
  /** Certificates that visitors see are the site's, whichever server looks. */
  const ofTheSite = ["edge-certificate", "origin-certificate"];

  it.each(levels)("is told by $id, of that server alone", ({ id, send, well, warns, alerts, beside = "" }) => {
    const at = (value: number) => named(id, [send("alpha", value), send("bravo", well), send("charlie", well)]);
    const alpha = [ofTheSite.includes(id) ? "" : `server:alpha${beside}`];
    expect(at(well)).toEqual({ alert: [], warning: warns ? [] : "none" });
    for (const value of warns ?? []) expect(at(value), String(value)).toEqual({ alert: [], warning: alpha });
    expect(at(alerts)).toEqual({ alert: alpha, warning: warns ? alpha : "none" });
  });

  it.each(levels)(
    "is told by $id when it has lasted, and as long as it lasts",
    ({ id, send, well, alerts, minutes }) => {
      const [told, over] = minutes;
      const isTold = (now: number, minutes: number, before: number): boolean =>
        named(id, [send("alpha", now, { minutes, before })]).alert.length > 0;
      expect([told - 1, told].map((minute) => isTold(alerts, minute, well))).toEqual([false, true]);
      expect([over - 1, over].map((minute) => isTold(well, minute, alerts))).toEqual([true, false]);
    },
  );

  it("is no other environment's", () => {
    const send = sends("system.cpu.idle", { env: "staging" });
    expect(named("cpu-busy", [send("alpha", 1)]).alert).toEqual([]);
  });
});

describe("connections of MySQL", () => {
  it("run out at a share of what a member allows", () => {
    const connected = (count: number) =>
      named("connections-near-limit", [
        sends("mysql.performance.threads_connected")("alpha", count),
        sends("mysql.net.max_connections_available")("alpha", 1500),
      ]);
    const [first, last] = [1140, 1335];
    expect(connected(1110)).toEqual({ alert: [], warning: [] });
    for (const count of [first, last]) expect(connected(count)).toEqual({ alert: [], warning: ["server:alpha"] });
    expect(connected(1365)).toEqual({ alert: ["server:alpha"], warning: ["server:alpha"] });
  });
});

describe("the database group", () => {
  /** What the agents of these members send. */
  const group = (...members: readonly (readonly [server: string, role?: string, state?: string])[]): readonly Sent[] =>
    members.map(([server, role = "secondary", state = "online"]) =>
      sends("mysql.replication.group.member_status", { member_role: role, member_state: state })(server, 1),
    );
  const primary = ["alpha", "primary"] as const;
  const alerts = (sent: readonly Sent[]): readonly string[] =>
    (["members-missing", "no-primary", "two-primaries"] as const).flatMap((id) => {
      const { alert, warning } = named(id, sent);
      return alert.length > 0 ? [id] : warning.length > 0 && warning !== "none" ? [`${id} warns`] : [];
    });

  it.each([
    ["is well with three members", group(primary, ["bravo"], ["charlie"]), []],
    ["has lost its redundancy with two", group(primary, ["bravo"]), ["members-missing warns"]],
    [
      "has not all of them while one recovers",
      group(primary, ["bravo"], ["charlie", "secondary", "recovering"]),
      ["members-missing warns"],
    ],
    ["cannot write with one", group(primary), ["members-missing"]],
    ["is gone when nothing is sent", [], ["members-missing", "no-primary"]],
    ["has nobody who takes writes", group(["alpha"], ["bravo"], ["charlie"]), ["no-primary"]],
    ["is two", group(primary, ["bravo", "primary"], ["charlie"]), ["two-primaries"]],
  ])("%s", (_, sent, told) => {
    expect(alerts(sent)).toEqual(told);
  });

  it("may be without members or a primary, or seem to have two, for a failover, and not for five minutes", () => {
    const primaries = sends("mysql.replication.group.member_status", {
      member_state: "online",
      member_role: "primary",
    });
    for (const minutes of [4, 5]) {
      const gone = primaries("alpha", 0, { minutes, before: 3 });
      const second = primaries("bravo", 1, { minutes, before: 0 });
      const told = minutes === 5 ? [""] : [];
      expect(named("members-missing", [gone]), String(minutes)).toEqual({ alert: told, warning: told });
      expect(named("no-primary", [gone]).alert, String(minutes)).toEqual(told);
      expect(named("two-primaries", [primaries("alpha", 1), second]).alert, String(minutes)).toEqual(told);
    }
  });
});

describe("requests of visitors", () => {
  const requests = (perMinute: number, status: string, ago = Infinity): Sent => ({
    metric: metrics.requests,
    tags: { env: "production", server: "alpha", status_class: status },
    at: (minute) => (minute < ago ? perMinute : undefined),
  });
  const errors = (sent: readonly Sent[]) => ({
    share: named("server-error-share", sent),
    count: named("server-error-count", sent),
  });
  const [all, none] = [
    { alert: [""], warning: [""] },
    { alert: [], warning: [] },
  ];

  it("that fail are told by their share and by their number, of which a quiet night has one alone", () => {
    expect(errors([requests(100, "2xx")])).toEqual({ share: none, count: none });
    expect(errors([requests(100, "2xx"), requests(20, "5xx")])).toEqual({ share: all, count: all });
    expect(errors([requests(100, "2xx"), requests(20, "4xx")])).toEqual({ share: none, count: none });
    expect(errors([requests(1, "2xx"), requests(1, "5xx", 1)])).toEqual({ share: all, count: none });
    expect(errors([requests(10_000, "2xx"), requests(20, "5xx")])).toEqual({ share: none, count: all });
  });

  it("that fail are told from one in a hundred and four of them on, and in five minutes of one in twenty and eleven", () => {
    const warns = { alert: [], warning: [""] };
    const share = (percent: number) => errors([requests(100 - percent, "2xx"), requests(percent, "5xx")]).share;
    expect([0.9, 1.1, 4.9, 5.1].map(share)).toEqual([none, warns, warns, all]);
    const few = (count: number, ago: number) =>
      errors([{ ...requests(0, "5xx"), at: (minute) => (minute === ago ? count : 0) }]).count;
    expect([3, 4, 10, 11].map((count) => few(count, 4))).toEqual([none, warns, warns, all]);
    expect(few(100, 5)).toEqual(none);
  });

  it("are missed when none has come for half an hour, and not before", () => {
    const since = (minutes: number): Sent => ({ ...requests(3, "2xx"), at: (ago) => (ago < minutes ? undefined : 3) });
    expect(named("visitors-gone", [since(28)])).toEqual(none);
    expect(named("visitors-gone", [since(29)])).toEqual({ ...none, warning: [""] });
    expect(named("visitors-gone", [since(30)])).toEqual(all);
    expect(named("visitors-gone", [])).toEqual(all);
  });

  it("are slow when one in twenty takes longer than a second", () => {
    // Twenty servers, one value of each: as many requests.
    const taking = (slow: number, seconds: number): readonly Sent[] =>
      Array.from({ length: 20 }, (_, index) =>
        sends(metrics.duration)(`server-${index}`, index < slow ? seconds : 0.1),
      );
    expect(named("latency-p95", taking(0, 2))).toEqual(none);
    expect(named("latency-p95", taking(2, 0.49))).toEqual(none);
    for (const seconds of [0.51, 0.99])
      expect(named("latency-p95", taking(2, seconds))).toEqual({ ...none, warning: [""] });
    expect(named("latency-p95", taking(2, 1.01))).toEqual(all);
    const before = (minutes: number) => [sends(metrics.duration)("alpha", 0.1, { minutes, before: 2 })];
    expect([9, 10].map((minutes) => named("latency-p95", before(minutes)))).toEqual([all, none]);
  });

  it("that go round Cloudflare are told by their number", () => {
    const refused = (count: number, ago = 14) =>
      named("edge-bypassed", [
        { ...sends(metrics.edgeBypassed)("alpha", 0), at: (minute) => (minute === ago ? count : 0) },
      ]);
    const warns = { alert: [], warning: [""] };
    expect([2, 3, 20, 21].map((count) => refused(count))).toEqual([none, warns, warns, all]);
    expect(refused(100, 15)).toEqual(none);
  });
});

describe("what is unusual", () => {
  const seriesOf = (id: MonitorId): string => {
    const { condition } = definitions.get(id) ?? {};
    if (condition?.kind !== "anomaly" && condition?.kind !== "forecast") throw new Error(`${id} has no such series`);
    return condition.series;
  };

  it.each([
    ["requests-anomaly", sends("nginx.net.request_per_s"), "both", false],
    ["latency-anomaly", sends(metrics.duration), "above", false],
    ["connections-anomaly", sends("mysql.performance.threads_connected"), "above", false],
    ["slow-queries-anomaly", sends("mysql.performance.slow_queries"), "above", false],
    ["firewall-drops-anomaly", sends(metrics.firewallDrops), "above", true],
    ["throttled-requests-anomaly", sends(metrics.requests, { status_class: "4xx" }), "above", false],
  ] as const)("is seen by %s in what rises with it", (id, send, direction, isOfAServer) => {
    const group = isOfAServer ? "server:alpha" : "";
    const [quiet, busy] = [1, 100].map((value) => lastOf(seriesOf(id), [send("alpha", value)]).get(group));
    expect({ quiet, busy }).toEqual({ quiet: 1, busy: 100 });
    expect(definitions.get(id)).toMatchObject({
      condition: { direction, window: "4h", trigger: "15m" },
      thresholds: { critical: 0.8, warning: 0.5 },
    });
  });

  it("is a disk that fills up within a week, each by itself", () => {
    const disks = [
      sends("system.disk.in_use", { device: "/" })("alpha", 0.3),
      sends("system.disk.in_use", { device: "/var/lib/mysql" })("alpha", 0.4),
    ];
    expect(lastOf(seriesOf("disk-forecast"), disks)).toEqual(
      new Map([
        ["server:alpha,device:/", 0.3],
        ["server:alpha,device:/var/lib/mysql", 0.4],
      ]),
    );
    expect(monitors.get("disk-forecast")?.query).toMatch(/^max\(next_1w\).* >= 0\.95$/);
  });
});

describe("lines of logs", () => {
  const line = (service: string, text: string, facets: Line["facets"] = {}): Line => ({ service, text, facets });
  /** Monitor, lines that count, lines that do not, and how many in the window are an alert, and a warning. */
  it.each([
    [
      "ssh-login",
      [line("ssh", "Accepted publickey for root from 192.0.2.7")],
      [line("ssh", "Failed publickey for root")],
      0,
      undefined,
    ],
    [
      "ssh-failures",
      [
        line("ssh", "Invalid user admin from 192.0.2.7"),
        line("ssh", "Failed publickey for root from 192.0.2.7"),
        line("ssh", "PAM 2 more authentication failures; rhost=192.0.2.7"),
      ],
      [line("ssh", "Accepted publickey for root"), line("app", "Failed payment")],
      20,
      5,
    ],
    [
      "package-change",
      [
        line("dpkg", "install nginx:amd64 <none> 1.26"),
        line("dpkg", "remove curl:amd64 8.14"),
        line("dpkg", "purge curl:amd64 8.14"),
      ],
      [
        line("dpkg", "upgrade libc6:amd64 2.41-11 2.41-12"),
        line("dpkg", "install linux-image-6.12.50:amd64 <none>"),
        line("dpkg", "remove linux-headers-6.12"),
      ],
      0,
      undefined,
    ],
    [
      "mysql-errors",
      [line("mysql", "Plugin reported", { status: "error" })],
      [line("mysql", "Plugin reported", { status: "warn" }), line("mysql-slow", "", { status: "error" })],
      10,
      2,
    ],
    [
      "primary-changed",
      [line("mysql", "A new primary", { "@error.code": "MY-011507" })],
      [line("mysql", "Member left", { "@error.code": "MY-011503" })],
      0,
      undefined,
    ],
    [
      "member-unreachable",
      [line("mysql-group", "asking the group to let go of bravo, which nobody reaches")],
      [line("mysql-group", "waits for bravo")],
      10,
      undefined,
    ],
    [
      "application-errors",
      [line("app", "{}", { status: "error" })],
      [line("app", "{}", { status: "info" }), line("nginx", "{}", { status: "error" })],
      20,
      5,
    ],
    [
      "web-server-unhealthy",
      [line("app", "", { "@http.route_class": "health", "@http.status_code": "503" })],
      [
        line("app", "", { "@http.route_class": "health", "@http.status_code": "200" }),
        line("app", "", { "@http.route_class": "page", "@http.status_code": "503" }),
      ],
      5,
      1,
    ],
  ] as const)("are counted by %s where they tell of it", (id, those, others, critical, warning) => {
    const condition = definitions.get(id)?.condition as Extract<Condition, { kind: "log" }>;
    for (const one of those) expect(finds(condition.search, one), one.text).toBe(true);
    for (const one of others) expect(finds(condition.search, one), one.text).toBe(false);
    expect(condition.comparison).toBe(">");
    expect(definitions.get(id)?.thresholds).toMatchObject(warning === undefined ? { critical } : { critical, warning });
  });

  it("are counted over as many minutes as their reason lasts", () => {
    const windows = [...definitions.values()].flatMap(({ id, condition }) =>
      condition.kind === "log" ? [[id, condition.window]] : [],
    );
    expect(Object.fromEntries(windows)).toEqual({
      ...{ "application-errors": "10m", "web-server-unhealthy": "5m" },
      ...{ "mysql-errors": "10m", "primary-changed": "15m", "member-unreachable": "10m" },
      ...{ "ssh-login": "5m", "ssh-failures": "15m", "package-change": "15m" },
    });
  });

  it("name the server that wrote them, but for what is the whole group's", () => {
    const whole = [...definitions.values()].filter(
      ({ condition }) => condition.kind === "log" && condition.by !== "host",
    );
    expect(whole.map(({ id }) => id)).toEqual(["member-unreachable", "primary-changed"]);
  });
});

describe("a service that does not answer", () => {
  it("is told of its server within a minute or a little more, and not for one late answer", () => {
    const checks = [...definitions.values()].filter(({ condition }) => condition.kind === "check");
    expect(checks).toHaveLength(5);
    for (const { id, condition, thresholds } of checks) {
      expect(condition, id).toMatchObject({ by: ["host"] });
      // One result in a quarter of a minute.
      expect([3, 4], id).toContain(thresholds?.critical);
    }
  });

  it("is told, too, when the agent itself is silent: of a server after five minutes, of a certificate after two days", () => {
    const silent = [...definitions.values()].flatMap(({ id, noDataMinutes }) =>
      noDataMinutes ? [[id, noDataMinutes]] : [],
    );
    expect(Object.fromEntries(silent)).toEqual({
      "server-silent": 5,
      "edge-certificate": 2880,
      "origin-certificate": 2880,
      "internal-certificate": 2880,
    });
  });
});

describe("a server that was just made", () => {
  const all = [...monitors].filter(([, { type }]) => ["query alert", "log alert"].includes(type));

  it("is judged by what it has sent, though that is not a whole window yet", () => {
    expect(all.filter(([, { requireFullWindow }]) => requireFullWindow !== false)).toEqual([]);
  });

  it("has five minutes to start its services, and none in which nobody hears of a login", () => {
    const patient = all.filter(([, { newGroupDelay }]) => newGroupDelay === 300).map(([id]) => id);
    const byServer = all.filter(([, { type, query = "" }]) => type === "query alert" && query.includes(" by {"));
    expect(patient).toEqual(byServer.map(([id]) => id));
    expect(patient).toContain("disk-full");
    expect(monitors.get("ssh-login")?.newGroupDelay).toBeUndefined();
  });
});

describe("a minute that is judged", () => {
  it("is over for a minute, so that every agent has sent it, and for two where it is counted from logs", () => {
    const ofLogs = new Set<string>(Object.values(metrics));
    for (const [id, { type, query, evaluationDelay }] of monitors) {
      const fromLogs = [...query.matchAll(/:([\w.]+)\{/g)].some(([, metric = ""]) => ofLogs.has(metric));
      expect(evaluationDelay, id).toBe(type === "query alert" ? (fromLogs ? 120 : 60) : undefined);
    }
  });
});

describe("how urgent an alert is shown", () => {
  it("is first what keeps visitors or writes away, and never below the second place what wakes somebody", () => {
    const first = [...monitors].filter(([, { priority }]) => priority === "1").map(([id]) => id);
    expect(first).toEqual([
      ...["visitors-gone", "server-errors", "members-missing", "no-primary", "two-primaries"],
      ...["availability-fast-burn", "latency-fast-burn"],
    ]);
    for (const [id, { message, priority }] of monitors)
      if (message.includes("@pagerduty")) expect(Number(priority), id).toBeLessThanOrEqual(2);
      else expect(Number(priority), id).toBeGreaterThan(2);
  });
});

describe("the budget of thirty days", () => {
  it.each([
    ["availability-fast-burn", 0.02],
    ["latency-fast-burn", 0.02],
    ["availability-slow-burn", 0.05],
    ["latency-slow-burn", 0.05],
  ] as const)("is burnt fast enough for %s when that share of it goes within its long window", (id, share) => {
    const { condition, thresholds } = definitions.get(id) ?? {};
    if (condition?.kind !== "burn") throw new Error(`${id} burns nothing`);
    const hours = parseInt(condition.longWindow);
    expect(((thresholds?.critical ?? 0) * hours) / (30 * 24)).toBeCloseTo(share);
    expect(parseInt(condition.shortWindow) * 12).toBe(hours * 60);
    expect(condition.serviceLevel).toBe(id.split("-")[0]);
  });
});

describe("who is woken", () => {
  it("is woken by what visitors or data suffer from, or soon will, and by nothing else", () => {
    const waking = [...monitors].filter(([, { message }]) => message.includes("@pagerduty"));
    expect(waking.map(([id]) => id)).toEqual([
      ...["balancer-silent", "visitors-gone", "server-errors", "latency-p95", "nginx-down", "application-down"],
      ...["memory-low", "disk-full", "host-firewall-missing", "private-address-missing", "server-silent"],
      ...["mysql-down", "members-missing", "member-unreachable", "no-primary", "two-primaries"],
      ...["connections-near-limit", "data-volume-full"],
      ...["archive-behind", "archive-refused", "archive-drill-failed", "archive-gap"],
      ...["edge-certificate", "origin-certificate", "internal-certificate"],
      ...["availability-fast-burn", "latency-fast-burn"],
    ]);
  });
});
