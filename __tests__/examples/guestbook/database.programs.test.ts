import { describe, expect, it } from "vitest";
import { type Budget, FailoverDatabase } from "../../../examples/guestbook/src/database/database.js";
import { ConnectFailure, DatabaseUnavailable, judge } from "../../../examples/guestbook/src/database/errors.js";
import type { DatabaseEndpoint } from "../../../examples/guestbook/src/database/endpoint.js";
import type { Outcome } from "../../../examples/guestbook/src/database/statement.js";
import { pause } from "../../../examples/guestbook/src/database/time.js";

const budget: Budget = {
  attemptMs: 100,
  readDeadlineMs: 300,
  writeDeadlineMs: 600,
  firstPauseMs: 1,
  longestPauseMs: 10,
  operations: 2,
};
const statement = { sql: "X" };
const unreachable = new ConnectFailure("down");
const readOnly = Object.assign(new Error("read only"), { errno: 1290, sqlState: "HY000" });
const deadlock = Object.assign(new Error("deadlock"), { errno: 1213, sqlState: "40001" });
const duplicate = Object.assign(new Error("duplicate"), { errno: 1062, sqlState: "23000" });

type Script = (attempt: number) => Outcome | Error;

/**
 * Database endpoint that answers each attempt according to the script. After a connection failure, the endpoint is unavailable for
 * `outageMs`.
 */
class ScriptedEndpoint implements DatabaseEndpoint {
  readonly state = { reachable: true };
  readonly timeouts: number[] = [];
  private recovery?: Promise<void>;

  constructor(
    private readonly script: Script,
    private readonly outageMs = 5,
  ) {}

  get available(): boolean {
    return this.recovery === undefined;
  }

  async recovered(): Promise<void> {
    await this.recovery;
  }

  run(_: unknown, timeoutMs: number): Promise<Outcome> {
    const result = this.script(this.timeouts.push(timeoutMs));
    if (!(result instanceof Error)) return Promise.resolve(result);
    if (judge(result) === "renew") this.recovery = pause(this.outageMs).then(() => (this.recovery = undefined));
    return Promise.reject(result);
  }

  probe(): Promise<void> {
    return Promise.resolve();
  }

  get attempts(): number {
    return this.timeouts.length;
  }
}

const rows = (id: number): Outcome => ({ rows: [{ id }], insertId: 0 });
const always = (result: Outcome | Error): ScriptedEndpoint => new ScriptedEndpoint(() => result);

it("the database client reads from a replica", async () => {
  const primary = always(rows(1));
  expect(await new FailoverDatabase(primary, always(rows(2)), budget).read(statement)).toEqual([{ id: 2 }]);
  expect(primary.attempts).toBe(0);
});

it("the database client reads from the primary at once if no replica answers", async () => {
  const replicas = always(unreachable);
  expect(await new FailoverDatabase(always(rows(1)), replicas, budget).read(statement)).toEqual([{ id: 1 }]);
  expect(replicas.attempts).toBe(1);
});

it("the database client retries a read while neither the primary nor a replica answers", async () => {
  const replicas = new ScriptedEndpoint((attempt) => (attempt < 4 ? unreachable : rows(2)));
  expect(await new FailoverDatabase(always(readOnly), replicas, budget).read(statement)).toEqual([{ id: 2 }]);
});

it("a read does not use a failed database endpoint while the other database endpoint answers", async () => {
  const replicas = new ScriptedEndpoint(() => unreachable, 1000);
  const database = new FailoverDatabase(always(rows(1)), replicas, budget);
  for (let read = 0; read < 3; read += 1) expect(await database.read(statement)).toEqual([{ id: 1 }]);
  expect(replicas.attempts).toBe(1);
});

it("an operation waits for a failed database endpoint to recover before its next attempt", async () => {
  const primary = new ScriptedEndpoint((attempt) => (attempt === 1 ? unreachable : rows(1)), 100);
  const database = new FailoverDatabase(primary, always(rows(2)), budget);
  const before = Date.now();
  await database.writeIdempotent(statement);
  expect(Date.now() - before).toBeGreaterThanOrEqual(95);
  expect(primary.attempts).toBe(2);
});

it("an operation fails with the endpoint's error if the database endpoint recovers too late", async () => {
  const database = new FailoverDatabase(new ScriptedEndpoint(() => unreachable, 5000), always(rows(2)), budget);
  await expect(database.writeIdempotent(statement)).rejects.toThrow("the database did not answer in time: slow");
});

describe("writes", () => {
  it("the database client retries a write after a deadlock", async () => {
    const primary = new ScriptedEndpoint((attempt) => (attempt < 4 ? deadlock : { rows: [], insertId: 7 }));
    const database = new FailoverDatabase(primary, always(rows(2)), budget);
    expect(await database.writeIdempotent(statement)).toEqual({ rows: [], insertId: 7 });
    expect(primary.attempts).toBe(4);
  });

  it("the database client retries a write until the new primary answers", async () => {
    const primary = new ScriptedEndpoint((attempt) => (attempt < 10 ? readOnly : { rows: [], insertId: 7 }));
    const database = new FailoverDatabase(primary, always(rows(2)), budget);
    expect(await database.writeIdempotent(statement)).toEqual({ rows: [], insertId: 7 });
    expect(primary.attempts).toBe(10);
  });

  it("the database client's write fails at its deadline with the last cause", async () => {
    const before = Date.now();
    const database = new FailoverDatabase(always(readOnly), always(rows(2)), budget);
    const error = await database.writeIdempotent(statement).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(DatabaseUnavailable);
    expect(error).toMatchObject({ cause: readOnly });
    // On a busy machine, timers fire late, so the limit is two seconds longer.
    expect(Date.now() - before).toBeLessThan(budget.writeDeadlineMs + 2000);
  });

  it("the database client does not retry a write if the database rejects the statement itself", async () => {
    const primary = always(duplicate);
    await expect(new FailoverDatabase(primary, always(rows(2)), budget).writeIdempotent(statement)).rejects.toBe(
      duplicate,
    );
    expect(primary.attempts).toBe(1);
  });

  it("the database client starts no attempt if less than a quarter of the operation's time limit remains", async () => {
    const primary = always(unreachable);
    await new FailoverDatabase(primary, always(rows(2)), budget).writeIdempotent(statement).catch(() => undefined);
    expect(Math.min(...primary.timeouts)).toBeGreaterThanOrEqual(20);
    expect(Math.max(...primary.timeouts)).toBe(100);
  });
});

it("the database client rejects operations above its limit at once, and accepts operations again when others have ended", async () => {
  let release = (): void => undefined;
  const gate = new Promise<Outcome>((resolve) => (release = () => resolve(rows(1))));
  const slow = Object.assign(always(rows(1)), { run: () => gate });
  const database = new FailoverDatabase(slow, slow, budget);
  const waiting = [database.read(statement), database.read(statement)];
  await expect(database.read(statement)).rejects.toThrow("too many operations wait for the database (2)");
  release();
  await Promise.all(waiting);
  expect(await database.read(statement)).toEqual([{ id: 1 }]);
});
