import { limits } from "../limits.js";
import { DatabaseUnavailable, judge } from "./errors.js";
import type { ReachabilityState } from "./reachability.js";
import type { Outcome, Row, Statement } from "./statement.js";
import { pause } from "./time.js";

/** The database as the application sees it. Every call answers in bounded time or throws {@link DatabaseUnavailable}. */
export interface Database {
  /** Reads from a replica, which may be some milliseconds behind; from the primary if no replica answers. */
  read(statement: Statement): Promise<readonly Row[]>;
  /** Reads from the primary: sees every acknowledged write. */
  readPrimary(statement: Statement): Promise<readonly Row[]>;
  /**
   * Writes on the primary, and again after a failover: the statement may run more than once although its first answer
   * got lost, so it must be one that a unique key makes harmless.
   */
  writeIdempotent(statement: Statement): Promise<Outcome>;
}

/** What {@link FailoverDatabase} needs of a pool. */
export interface Side {
  readonly reachability: { readonly state: ReachabilityState };
  run(statement: Statement, timeoutMs: number): Promise<Outcome>;
}

/** Time budgets in milliseconds. */
export interface Budget {
  readonly attemptMs: number;
  readonly readDeadlineMs: number;
  readonly writeDeadlineMs: number;
  readonly firstPauseMs: number;
  readonly longestPauseMs: number;
  /** Operations in progress at most. */
  readonly operations: number;
}

const defaultBudget: Budget = {
  attemptMs: limits.database.attemptSeconds * 1000,
  readDeadlineMs: limits.database.readDeadlineSeconds * 1000,
  writeDeadlineMs: limits.database.writeDeadlineSeconds * 1000,
  firstPauseMs: limits.database.firstPauseSeconds * 1000,
  longestPauseMs: limits.database.longestPauseSeconds * 1000,
  operations: limits.database.operations,
};

/** Retries what is safe to retry, until a deadline, over the two sides of the database. */
export class FailoverDatabase implements Database {
  private inProgress = 0;

  constructor(
    private readonly write: Side,
    private readonly replicas: Side,
    private readonly budget: Budget = defaultBudget,
  ) {}

  async read(statement: Statement): Promise<readonly Row[]> {
    return (await this.attempt([this.replicas, this.write], statement, this.budget.readDeadlineMs)).rows;
  }

  async readPrimary(statement: Statement): Promise<readonly Row[]> {
    return (await this.attempt([this.write], statement, this.budget.readDeadlineMs)).rows;
  }

  writeIdempotent(statement: Statement): Promise<Outcome> {
    return this.attempt([this.write], statement, this.budget.writeDeadlineMs);
  }

  private async attempt(sides: readonly Side[], statement: Statement, deadlineMs: number): Promise<Outcome> {
    if (this.inProgress >= this.budget.operations)
      throw new DatabaseUnavailable(`too many operations wait for the database (${this.inProgress})`);
    this.inProgress += 1;
    try {
      return await this.attemptUntil(Date.now() + deadlineMs, sides, statement);
    } finally {
      this.inProgress -= 1;
    }
  }

  private async attemptUntil(deadline: number, sides: readonly Side[], statement: Statement): Promise<Outcome> {
    const { attemptMs, firstPauseMs, longestPauseMs } = this.budget;
    for (let round = 0; ; round += 1) {
      let cause: unknown;
      for (const side of sides) {
        const remaining = deadline - Date.now();
        if (remaining <= 0) break;
        try {
          return await side.run(statement, Math.min(attemptMs, remaining));
        } catch (error) {
          if (error instanceof DatabaseUnavailable || judge(error) === "reject") throw error;
          cause = error;
        }
      }
      // Half to full length at random: requests that wait together shall not come back together.
      const length = Math.min(longestPauseMs, firstPauseMs * 2 ** round) * (0.5 + Math.random() / 2);
      // An attempt with little time left would condemn sound connections for being slow.
      if (Date.now() + length + attemptMs / 4 >= deadline)
        throw new DatabaseUnavailable("the database did not answer in time", { cause });
      await pause(length);
    }
  }
}
