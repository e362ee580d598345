import { expect, it } from "vitest";
import { ConnectFailure } from "../../../examples/guestbook/src/database/errors.js";
import { Reachability } from "../../../examples/guestbook/src/database/reachability.js";
import { GuardedEndpoint, type ProbedPool } from "../../../examples/guestbook/src/database/endpoint.js";
import type { Outcome } from "../../../examples/guestbook/src/database/statement.js";

const outcome: Outcome = { rows: [], insertId: 0 };
const down = new ConnectFailure("down");
const duplicate = Object.assign(new Error("duplicate"), { errno: 1062, sqlState: "23000" });
const statement = { sql: "X" };

class FakePool implements ProbedPool {
  readonly reachability = new Reachability();
  result: Error | Promise<Outcome> = Promise.resolve(outcome);
  probes = 0;
  /** Number of the first probe that succeeds. All earlier probes fail. */
  backAt = 1;

  run(): Promise<Outcome> {
    return this.result instanceof Error ? Promise.reject(this.result) : this.result;
  }

  probe(): Promise<void> {
    this.probes += 1;
    return this.probes >= this.backAt ? Promise.resolve() : Promise.reject(down);
  }
}

const guard = () => {
  const pool = new FakePool();
  return { pool, endpoint: new GuardedEndpoint(pool, { pauseMs: 1, probeMs: 10 }) };
};

it("a database endpoint is available until a failure", async () => {
  const { endpoint } = guard();
  expect(await endpoint.run(statement, 10)).toBe(outcome);
  await endpoint.recovered();
  expect(endpoint.available).toBe(true);
});

it("after a connection failure, a database endpoint is unavailable until its single probe loop succeeds", async () => {
  const { pool, endpoint } = guard();
  pool.backAt = 5;
  pool.result = down;
  await Promise.all([1, 2, 3].map(() => expect(endpoint.run(statement, 10)).rejects.toBe(down)));
  expect(endpoint.available).toBe(false);
  await endpoint.recovered();
  expect(endpoint.available).toBe(true);
  expect(pool.probes).toBe(5);
});

it("a database endpoint stays available if only the statement was wrong", async () => {
  const { pool, endpoint } = guard();
  pool.result = duplicate;
  await expect(endpoint.run(statement, 10)).rejects.toBe(duplicate);
  expect(endpoint.available).toBe(true);
});

it("a recovered database endpoint stays available if an older statement fails", async () => {
  const { pool, endpoint } = guard();
  let fail = (): void => undefined;
  pool.result = new Promise((_, reject) => (fail = () => reject(down)));
  const old = endpoint.run(statement, 10);
  pool.result = down;
  await expect(endpoint.run(statement, 10)).rejects.toBe(down);
  await endpoint.recovered();
  fail();
  await expect(old).rejects.toBe(down);
  expect(endpoint.available).toBe(true);
});

it("a database endpoint is unavailable after a failed probe, before any request fails", async () => {
  const { pool, endpoint } = guard();
  pool.backAt = 3;
  await expect(endpoint.probe(10)).rejects.toBe(down);
  expect(endpoint.available).toBe(false);
  await endpoint.recovered();
  expect(pool.probes).toBe(3);
});

it("stopping a database endpoint ends its probe loop", async () => {
  const { pool, endpoint } = guard();
  pool.backAt = Infinity;
  await endpoint.probe(10).catch(() => undefined);
  endpoint.stop();
  await endpoint.recovered();
  expect(pool.probes).toBe(1);
});
