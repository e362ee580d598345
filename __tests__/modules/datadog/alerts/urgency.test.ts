import { describe, expect, it } from "vitest";
import { metrics, monitors } from "./support.js";

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
