import { expect, it } from "vitest";
import { ConnectFailure } from "../../../examples/guestbook/src/database/errors.js";
import { Reachability } from "../../../examples/guestbook/src/database/reachability.js";
import { GuardedSide, type ProbedPool } from "../../../examples/guestbook/src/database/side.js";
import type { Outcome } from "../../../examples/guestbook/src/database/statement.js";

const outcome: Outcome = { rows: [], insertId: 0 };
const down = new ConnectFailure("down");
const duplicate = Object.assign(new Error("duplicate"), { errno: 1062, sqlState: "23000" });
const statement = { sql: "X" };

class FakePool implements ProbedPool {
  readonly reachability = new Reachability();
  result: Error | Promise<Outcome> = Promise.resolve(outcome);
  probes = 0;
  /** Number of the first probe that succeeds. */
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
  return { pool, side: new GuardedSide(pool, { pauseMs: 1, probeMs: 10 }) };
};

it("a side is available until a failure", async () => {
  const { side } = guard();
  expect(await side.run(statement, 10)).toBe(outcome);
  await side.recovered();
  expect(side.available).toBe(true);
});

it("a side is unavailable after a connection failure until its single probe loop succeeds", async () => {
  const { pool, side } = guard();
  pool.backAt = 5;
  pool.result = down;
  await Promise.all([1, 2, 3].map(() => expect(side.run(statement, 10)).rejects.toBe(down)));
  expect(side.available).toBe(false);
  await side.recovered();
  expect(side.available).toBe(true);
  expect(pool.probes).toBe(5);
});

it("a side stays available if only the statement was wrong", async () => {
  const { pool, side } = guard();
  pool.result = duplicate;
  await expect(side.run(statement, 10)).rejects.toBe(duplicate);
  expect(side.available).toBe(true);
});

it("a recovered side stays available if an older statement fails", async () => {
  const { pool, side } = guard();
  let fail = (): void => undefined;
  pool.result = new Promise((_, reject) => (fail = () => reject(down)));
  const old = side.run(statement, 10);
  pool.result = down;
  await expect(side.run(statement, 10)).rejects.toBe(down);
  await side.recovered();
  fail();
  await expect(old).rejects.toBe(down);
  expect(side.available).toBe(true);
});

it("a side is unavailable after a failed probe, before any request fails", async () => {
  const { pool, side } = guard();
  pool.backAt = 3;
  await expect(side.probe(10)).rejects.toBe(down);
  expect(side.available).toBe(false);
  await side.recovered();
  expect(pool.probes).toBe(3);
});

it("stopping a side ends its probe loop", async () => {
  const { pool, side } = guard();
  pool.backAt = Infinity;
  await side.probe(10).catch(() => undefined);
  side.stop();
  await side.recovered();
  expect(pool.probes).toBe(1);
});
