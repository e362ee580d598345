import { expect, it } from "vitest";
import type { AlertCondition } from "../../../../modules/datadog/definition.js";
import { finds, type Line } from "../small-datadog.js";
import { definitions } from "./support.js";

const line = (service: string, text: string, facets: Line["facets"] = {}): Line => ({ service, text, facets });
/**
 * Name of the monitor, lines that the monitor counts, lines that the monitor ignores, threshold of the alert, and threshold of the
 * warning.
 */
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
] as const)("the monitor %s counts only matching log lines", (id, those, others, critical, warning) => {
  const condition = definitions.get(id)?.condition as Extract<AlertCondition, { kind: "log" }>;
  for (const one of those) expect(finds(condition.search, one), one.text).toBe(true);
  for (const one of others) expect(finds(condition.search, one), one.text).toBe(false);
  expect(condition.comparison).toBe(">");
  expect(definitions.get(id)?.thresholds).toMatchObject(warning === undefined ? { critical } : { critical, warning });
});

it("each monitor of log lines has a time window that fits the cause of the lines", () => {
  const windows = [...definitions.values()].flatMap(({ id, condition }) =>
    condition.kind === "log" ? [[id, condition.window]] : [],
  );
  expect(Object.fromEntries(windows)).toEqual({
    ...{ "application-errors": "10m", "web-server-unhealthy": "5m" },
    ...{ "mysql-errors": "10m", "primary-changed": "15m", "member-unreachable": "10m" },
    ...{ "ssh-login": "5m", "ssh-failures": "15m", "package-change": "15m" },
  });
});

it("monitors of log lines alert separately for each server, except for events of the whole database group", () => {
  const whole = [...definitions.values()].filter(
    ({ condition }) => condition.kind === "log" && condition.by !== "host",
  );
  expect(whole.map(({ id }) => id)).toEqual(["member-unreachable", "primary-changed"]);
});
