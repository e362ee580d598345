import { describe, expect, it } from "vitest";
import { type Answer, summary } from "../../lab/load/summary.js";

const answer = (n: number, from: number, to: number, status = "200"): Answer => ({ n, from, to, status });

describe("counts", () => {
  it("the load summary counts a response with a status below 400 as ok, and every other result as failed", () => {
    const result = summary([
      answer(0, 0, 0.1),
      answer(1, 0, 0.1, "301"),
      answer(2, 1, 2, "503"),
      answer(3, 2, 3, "timeout"),
    ]);
    expect(result).toMatchObject({ sent: 4, ok: 2, failed: 2, byStatus: { "200": 1, "301": 1, "503": 1, timeout: 1 } });
    expect(result.failures).toEqual([
      { at: 1, n: 2, reason: "503" },
      { at: 2, n: 3, reason: "timeout" },
    ]);
  });

  it("if an expected status is given, the load summary counts only this status as ok", () => {
    expect(summary([answer(0, 0, 0.1, "201"), answer(1, 0, 0.1, "303")], 201)).toMatchObject({ ok: 1, failed: 1 });
  });

  it("the load summary lists acknowledged requests in the order of their responses, with the times of the responses", () => {
    expect(summary([answer(0, 0, 0.9), answer(1, 0.1, 0.2), answer(2, 0.2, 0.3, "500")])).toMatchObject({
      acknowledged: [1, 0],
      acknowledgedAt: [0.2, 0.9],
    });
  });

  it("the load summary contains only zeros if there was no response", () => {
    expect(summary([answer(0, 0, 1, "ECONNREFUSED")])).toMatchObject({ ok: 0, p50: 0, p99: 0, max: 0, gaps: [] });
  });
});

it("the load summary measures latency in milliseconds, only for successful requests", () => {
  const answers = Array.from({ length: 100 }, (_, n) => answer(n, 0, (n + 1) / 1000));
  expect(summary([...answers, answer(100, 0, 15, "timeout")])).toMatchObject({ p50: 51, p99: 100, max: 100 });
});

it("the load summary lists pauses of at least half a second between two successful responses, the longest first", () => {
  const times = [0, 0.1, 0.7, 3.2, 3.3];
  expect(summary(times.map((to, n) => answer(n, to, to))).gaps).toEqual([
    { from: 0.7, to: 3.2, seconds: 2.5 },
    { from: 0.1, to: 0.7, seconds: 0.6 },
  ]);
});
