import { describe, expect, it } from "vitest";
import { Reachability } from "../../../examples/guestbook/src/database/reachability.js";
import type { DatabaseEndpoint } from "../../../examples/guestbook/src/database/endpoint.js";
import { liveness } from "../../../examples/guestbook/src/operations/health.js";
import { Monitor } from "../../../examples/guestbook/src/operations/monitor.js";

const now = 1_000_000;
const up = { reachable: true, lastAnswerAt: now };
const downFor = (seconds: number) => ({
  reachable: false,
  reason: "connection lost",
  lastAnswerAt: now - seconds * 1000,
});
const never = { reachable: false, reason: "cannot connect" };

it.each([
  ["both database endpoints answer", [up, up]],
  ["the primary has not answered for 1000 s and replicas answer", [downFor(1000), up]],
  ["no replica has ever answered and the primary answers", [up, never]],
  ["both database endpoints have been silent for 8 s", [downFor(8), downFor(8)]],
  ["one database endpoint has been silent for 29 s and the other for 60 s", [downFor(29), downFor(60)]],
])("/healthz is healthy while %s", (_, endpoints) =>
  expect(liveness({ endpoints, leaving: false, nowMs: now })).toEqual({ ok: true }),
);

it("/healthz is unhealthy with a reason if both database endpoints have not answered for 30 s", () =>
  expect(liveness({ endpoints: [downFor(30), downFor(31)], leaving: false, nowMs: now })).toEqual({
    ok: false,
    reason: "the database has not answered for 30 s: connection lost",
  }));

it("/healthz is unhealthy before the database was reached for the first time", () =>
  expect(liveness({ endpoints: [never, never], leaving: false, nowMs: now })).toEqual({
    ok: false,
    reason: "the database was not reached yet: cannot connect",
  }));

it("/healthz is unhealthy if the process closes its own listening socket", () =>
  expect(liveness({ endpoints: [up, up], leaving: true, nowMs: now })).toEqual({ ok: false, reason: "shutting down" }));

it("the state of a database endpoint contains its last failure with the causes, and the time of its last answer", () => {
  const reachability = new Reachability(() => now);
  expect(reachability.state).toEqual({ reachable: false, reason: "not tried yet", lastAnswerAt: undefined });
  reachability.answered();
  expect(reachability.state).toEqual({ reachable: true, reason: undefined, lastAnswerAt: now });
  reachability.failed(new Error("cannot connect", { cause: new Error("ECONNREFUSED") }));
  expect(reachability.state).toEqual({ reachable: false, reason: "cannot connect: ECONNREFUSED", lastAnswerAt: now });
});

describe("/readyz", () => {
  const endpoint = (failure?: Error): DatabaseEndpoint & { asked: number } => ({
    asked: 0,
    state: up,
    available: true,
    recovered: () => Promise.resolve(),
    run: () => Promise.reject(new Error("only probes are expected")),
    probe(): Promise<void> {
      this.asked += 1;
      return failure ? Promise.reject(failure) : Promise.resolve();
    },
  });
  const migrations = () => ({ done: true });

  it("/readyz is ready if writes and reads work and the schema is complete", async () => {
    const readiness = await new Monitor({ write: endpoint(), read: endpoint(), migrations }).readiness();
    expect(readiness).toEqual({
      ok: true,
      checks: { write: { ok: true }, read: { ok: true }, migrations: { ok: true } },
    });
  });

  it("/readyz is not ready and lists all reasons if a check fails", async () => {
    const readiness = await new Monitor({
      write: endpoint(new Error("read only")),
      read: endpoint(new Error("cannot connect", { cause: new Error("ECONNREFUSED") })),
      migrations: () => ({ done: false, reason: "not tried yet" }),
    }).readiness();
    expect(readiness).toEqual({
      ok: false,
      reason: "write, read, migrations",
      checks: {
        write: { ok: false, reason: "read only" },
        read: { ok: false, reason: "cannot connect: ECONNREFUSED" },
        migrations: { ok: false, reason: "not tried yet" },
      },
    });
  });

  it("concurrent callers of /readyz share one check of the database", async () => {
    const counted = endpoint();
    const monitor = new Monitor({ write: endpoint(), read: counted, migrations });
    await Promise.all([monitor.readiness(), monitor.readiness(), monitor.readiness()]);
    expect(counted.asked).toBe(1);
    await monitor.readiness();
    expect(counted.asked).toBe(2);
  });

  it("the guestbook probes the database regularly, so health checks do not need other requests", async () => {
    const counted = endpoint();
    const monitor = new Monitor({ write: endpoint(), read: counted, migrations, intervalMs: 5 });
    monitor.start();
    await expect.poll(() => counted.asked).toBeGreaterThan(2);
    monitor.stop();
  });
});
