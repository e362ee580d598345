import { expect, it } from "vitest";
import type { Sent } from "../small-datadog.js";
import { named, sends } from "./support.js";

it("the monitor of MySQL's connections alerts above a percentage of the allowed connections", () => {
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

/** Returns the metrics that the agents of these members send. */
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
  ["reports no problem with three members", group(primary, ["bravo"], ["charlie"]), []],
  ["warns of lost redundancy with two members", group(primary, ["bravo"]), ["members-missing warns"]],
  [
    "warns of a missing member while one member recovers",
    group(primary, ["bravo"], ["charlie", "secondary", "recovering"]),
    ["members-missing warns"],
  ],
  ["alerts with one member, which cannot accept writes", group(primary), ["members-missing"]],
  ["alerts if no member sends data", [], ["members-missing", "no-primary"]],
  ["alerts if no member accepts writes", group(["alpha"], ["bravo"], ["charlie"]), ["no-primary"]],
  ["alerts if two members are primary", group(primary, ["bravo", "primary"], ["charlie"]), ["two-primaries"]],
])("the monitoring of the database group %s", (_, sent, told) => {
  expect(alerts(sent)).toEqual(told);
});

it("monitors of the database group alert on missing members or a wrong number of primaries only after five minutes, not during a failover", () => {
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
