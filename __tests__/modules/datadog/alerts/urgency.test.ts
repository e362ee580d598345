import { expect, it } from "vitest";
import { metrics, monitors } from "./support.js";

it("monitors wait one minute for the data of an agent's metric, and two minutes for a metric that is made from logs", () => {
  const ofLogs = new Set<string>(Object.values(metrics));
  for (const [id, { type, query, evaluationDelay }] of monitors) {
    const fromLogs = [...query.matchAll(/:([\w.]+)\{/g)].some(([, metric = ""]) => ofLogs.has(metric));
    expect(evaluationDelay, id).toBe(type === "query alert" ? (fromLogs ? 120 : 60) : undefined);
  }
});

it("an alert has priority 1 if visitors or writes fail, and priority 1 or 2 exactly if it notifies the urgent receivers", () => {
  const first = [...monitors].filter(([, { priority }]) => priority === "1").map(([id]) => id);
  expect(first).toEqual([
    ...["visitors-gone", "server-errors", "members-missing", "no-primary", "two-primaries"],
    ...["availability-fast-burn", "latency-fast-burn"],
  ]);
  for (const [id, { message, priority }] of monitors)
    if (message.includes("@pagerduty")) expect(Number(priority), id).toBeLessThanOrEqual(2);
    else expect(Number(priority), id).toBeGreaterThan(2);
});

it("urgent receivers are notified only of faults that affect visitors or data, now or soon", () => {
  const waking = [...monitors].filter(([, { message }]) => message.includes("@pagerduty"));
  expect(waking.map(([id]) => id)).toEqual([
    ...["balancer-silent", "visitors-gone", "server-errors", "latency-p95", "nginx-down", "application-down"],
    ...["memory-low", "disk-full", "host-firewall-missing", "private-address-missing", "server-silent"],
    ...["mysql-down", "mysql-group-down", "members-missing", "member-unreachable", "no-primary", "two-primaries"],
    ...["connections-near-limit", "data-volume-full"],
    ...["archive-behind", "archive-refused", "archive-drill-failed", "archive-gap"],
    ...["edge-certificate", "origin-certificate", "internal-certificate"],
    ...["availability-fast-burn", "latency-fast-burn"],
  ]);
});
