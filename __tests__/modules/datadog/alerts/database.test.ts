import { describe, expect, it } from "vitest";
import type { Sent } from "../small-datadog.js";
import { named, sends } from "./support.js";

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
