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
  /** What is sent when all is well, at a warning, in an alert; what the alert names beside the server. */
  const level = (
    id: MonitorId,
    send: ReturnType<typeof sends>,
    well: number,
    warns: number | undefined,
    alerts: number,
    beside = "",
  ) => ({ id, send, well, warns, alerts, beside });
  const notice = (id: MonitorId, name: string) =>
    level(id, sends("system.disk.directory.files", { name }), 0, undefined, 1);
  const levels = [
    level("cpu-busy", sends("system.cpu.idle"), 40, 12, 2),
    level("load-high", sends("system.load.norm.5"), 0.7, 2.5, 5),
    level("memory-low", sends("system.mem.pct_usable"), 0.3, 0.08, 0.03),
    level("disk-full", sends("system.disk.in_use", disk("/")), 0.6, 0.85, 0.95, ",device:/"),
    level("data-volume-full", sends("system.disk.in_use", disk("/var/lib/mysql")), 0.6, 0.8, 0.9),
    level("inodes-low", sends("system.fs.inodes.in_use", disk("/")), 0.6, 0.85, 0.95, ",device:/"),
    level("clock-drift", sends("ntp.offset"), 0.01, 2, 30),
    level("clock-drift", sends("ntp.offset"), -0.01, -2, -30),
    level("applier-queue", sends("mysql.replication.group.transactions_in_applier_queue"), 20, 500, 5000),
    level("certification-queue", sends("mysql.replication.group.transactions"), 20, 300, 2000),
    level("balancer-silent", sends("nginx.net.request_per_s"), 5, undefined, 0.1),
    level("edge-certificate", sends("tls.days_left", { name: "edge" }), 40, 15, 3),
    level("origin-certificate", sends("tls.days_left", { name: "origin" }), 200, 20, 10),
    level("internal-certificate", sends("tls.days_left", { name: "internal", file: "/a" }), 3000, 100, 30, ",file:/a"),
    notice("reboot-required", "reboot-required"),
    notice("vendor-updates", "vendor-updates"),
    notice("server-incomplete", "server-setup"),
    notice("host-firewall-missing", "host-firewall"),
    notice("private-address-missing", "private-network"),
    notice("archive-behind", "backup"),
    notice("archive-refused", "backup-refused"),
    notice("archive-base-old", "backup-base"),
    notice("archive-drill-failed", "backup-drill"),
    notice("archive-gap", "backup-gap"),
    notice("archive-key-left", "backup-key"),
  ];
  /** Certificates that visitors see are the site's, whichever server looks. */
  const ofTheSite = ["edge-certificate", "origin-certificate"];

  it.each(levels)("is told by $id, of that server alone", ({ id, send, well, warns, alerts, beside }) => {
    const at = (value: number) => named(id, [send("alpha", value), send("bravo", well), send("charlie", well)]);
    const alpha = [ofTheSite.includes(id) ? "" : `server:alpha${beside}`];
    expect(at(well)).toEqual({ alert: [], warning: warns === undefined ? "none" : [] });
    if (warns !== undefined) expect(at(warns)).toEqual({ alert: [], warning: alpha });
    expect(at(alerts)).toEqual({ alert: alpha, warning: warns === undefined ? "none" : alpha });
  });

  it.each(levels.filter(({ id }) => !["disk-full", "data-volume-full", "inodes-low", "clock-drift"].includes(id)))(
    "is nothing for $id while it lasts a minute",
    ({ id, send, well, alerts }) => {
      expect(named(id, [send("alpha", alerts, { minutes: 1, before: well })]).alert).toEqual([]);
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
    expect(connected(900)).toEqual({ alert: [], warning: [] });
    expect(connected(1200)).toEqual({ alert: [], warning: ["server:alpha"] });
    expect(connected(1400)).toEqual({ alert: ["server:alpha"], warning: ["server:alpha"] });
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

  it("may be without a primary, or seem to have two, for the minute of a failover", () => {
    const since = { minutes: 1, before: 1 };
    const role = (server: string, value: number, before: number) =>
      sends("mysql.replication.group.member_status", { member_state: "online", member_role: "primary" })(
        server,
        value,
        {
          ...since,
          before,
        },
      );
    expect(named("no-primary", [role("alpha", 0, 1)]).alert).toEqual([]);
    expect(named("two-primaries", [role("alpha", 1, 1), role("bravo", 1, 0)]).alert).toEqual([]);
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

  it("are missed when none has come for half an hour, and not before", () => {
    const since = (minutes: number): Sent => ({ ...requests(3, "2xx"), at: (ago) => (ago < minutes ? undefined : 3) });
    expect(named("visitors-gone", [since(20)])).toEqual(none);
    expect(named("visitors-gone", [since(40)])).toEqual(all);
    expect(named("visitors-gone", [])).toEqual(all);
  });

  it("are slow when one in twenty takes longer than a second", () => {
    // Twenty servers, one value of each: as many requests.
    const taking = (slow: number, seconds: number): readonly Sent[] =>
      Array.from({ length: 20 }, (_, index) =>
        sends(metrics.duration)(`server-${index}`, index < slow ? seconds : 0.1),
      );
    expect(named("latency-p95", taking(0, 2))).toEqual(none);
    expect(named("latency-p95", taking(2, 2))).toEqual(all);
    expect(named("latency-p95", taking(2, 0.7))).toEqual({ ...none, warning: [""] });
  });

  it("that go round Cloudflare are told by their number", () => {
    const refused = (count: number) => named("edge-bypassed", [sends(metrics.edgeBypassed)("alpha", count / 15)]);
    expect(refused(1)).toEqual(none);
    expect(refused(30)).toEqual(all);
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
