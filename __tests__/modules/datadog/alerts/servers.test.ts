import { expect, it } from "vitest";
import type { MonitorId } from "../../../../modules/platform/monitor-ids.js";
import { driftCompared } from "../../../../modules/platform/signals.js";
import { definitions, monitors, named, sends } from "./support.js";

const disk = (device: string) => ({ device });
type Send = ReturnType<typeof sends>;
interface Level {
  readonly id: MonitorId;
  readonly send: Send;
  /** Worst value that causes neither a warning nor an alert. */
  readonly well: number;
  /** Best and worst value that cause a warning. @default - no warning */
  readonly warns?: readonly [number, number];
  /** Best value that causes an alert. */
  readonly alerts: number;
  /** Minutes from the start of the fault until the alert begins, and from the end of the fault until the alert ends. */
  readonly minutes: readonly [told: number, over: number];
  /** Tags of the alert in addition to the server's name. @default - none */
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
  notice("updates-failing", "updates", 1440),
  notice("expiry-near", "expiry", 1440),
  notice("server-incomplete", "server-setup", 15),
  notice("host-firewall-missing", "host-firewall", 5),
  notice("private-address-missing", "private-network", 5),
  notice("mysql-group-down", "mysql", 5),
  notice("archive-behind", "backup", 5),
  notice("archive-refused", "backup-refused", 5),
  notice("archive-base-old", "backup-base", 5),
  notice("archive-base-room", "backup-room", 5),
  notice("archive-drill-failed", "backup-drill", 5),
  notice("archive-gap", "backup-gap", 5),
  notice("archive-key-left", "backup-key", 5),
];
/** Monitors of certificates that belong to the site, not to the server that checks them. */
const ofTheSite = ["edge-certificate", "origin-certificate"];

it.each(levels)(
  "the monitor $id alerts for a fault of one server, and only for that server",
  ({ id, send, well, warns, alerts, beside = "" }) => {
    const at = (value: number) => named(id, [send("alpha", value), send("bravo", well), send("charlie", well)]);
    const alpha = [ofTheSite.includes(id) ? "" : `server:alpha${beside}`];
    expect(at(well)).toEqual({ alert: [], warning: warns ? [] : "none" });
    for (const value of warns ?? []) expect(at(value), String(value)).toEqual({ alert: [], warning: alpha });
    expect(at(alerts)).toEqual({ alert: alpha, warning: warns ? alpha : "none" });
  },
);

it.each(levels)(
  "the monitor $id alerts for a fault of one server after a minimum time, and the alert ends when the fault is over",
  ({ id, send, well, alerts, minutes }) => {
    const [told, over] = minutes;
    const isTold = (now: number, minutes: number, before: number): boolean =>
      named(id, [send("alpha", now, { minutes, before })]).alert.length > 0;
    expect([told - 1, told].map((minute) => isTold(alerts, minute, well))).toEqual([false, true]);
    expect([over - 1, over].map((minute) => isTold(well, minute, alerts))).toEqual([true, false]);
  },
);

it("a fault of a server causes no alert in another environment", () => {
  const send = sends("system.cpu.idle", { env: "staging" });
  expect(named("cpu-busy", [send("alpha", 1)]).alert).toEqual([]);
});

it("a failing service check causes an alert for its server after three or four failed checks, not after a single one", () => {
  const checks = [...definitions.values()].filter(({ condition }) => condition.kind === "check");
  expect(checks).toHaveLength(5);
  for (const { id, condition, thresholds } of checks) {
    expect(condition, id).toMatchObject({ by: ["host"] });
    // The agent sends a result every 15 s, so three or four failed results mean a fault of 45 s to 60 s.
    expect([3, 4], id).toContain(thresholds?.critical);
  }
});

it("missing data of a server cause an alert after five minutes, and missing data of a certificate after two days", () => {
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

const all = [...monitors].filter(([, { type }]) => ["query alert", "log alert"].includes(type));

it("a monitor also evaluates a new server that has not sent data for a whole window", () => {
  expect(all.filter(([, { requireFullWindow }]) => requireFullWindow !== false)).toEqual([]);
});

it("a monitor ignores a new server for five minutes, but a login on a new server is reported immediately", () => {
  const patient = all.filter(([, { newGroupDelay }]) => newGroupDelay === 300).map(([id]) => id);
  const byServer = all.filter(([, { type, query = "" }]) => type === "query alert" && query.includes(" by {"));
  expect(patient).toEqual(byServer.map(([id]) => id));
  expect(patient).toContain("disk-full");
  expect(monitors.get("ssh-login")?.newGroupDelay).toBeUndefined();
});

const minutesOfAWeek = 7 * 24 * 60;
const compared = (...minutesAgo: readonly number[]) =>
  named("drift-unchecked", [
    {
      ...{ metric: driftCompared, tags: { env: "production" } },
      at: (ago) => (minutesAgo.includes(ago) ? 1 : undefined),
    },
  ]).alert;

it("a monitor alerts after a week without a comparison between configuration and resources, also if no comparison has ever run", () => {
  expect(compared(5, 1445)).toEqual([]);
  expect(compared(minutesOfAWeek - 1)).toEqual([]);
  expect(compared(minutesOfAWeek + 1)).toEqual([""]);
  expect(compared()).toEqual([""]);
});
