import { limits } from "../limits.js";
import { DatabaseUnavailable, judge } from "./errors.js";
import type { DatabaseEndpoint } from "./endpoint.js";
import type { Outcome, Row, Statement } from "./statement.js";
import { pause } from "./time.js";

/** Access to the database for the application. Every call returns within a time limit or throws {@link DatabaseUnavailable}. */
export interface Database {
  /** Reads from a replica. Its data may be some milliseconds old. If no replica answers, reads from the primary. */
  read(statement: Statement): Promise<readonly Row[]>;
  /**
   * Writes on the primary, and repeats the write after a failover. If an answer was lost, the statement may have been executed. A unique
   * key must therefore make a repetition harmless.
   */
  writeIdempotent(statement: Statement): Promise<Outcome>;
}

/** Time limits in milliseconds, and the maximum number of operations. */
export interface Budget {
  readonly attemptMs: number;
  readonly readDeadlineMs: number;
  readonly writeDeadlineMs: number;
  readonly firstPauseMs: number;
  readonly longestPauseMs: number;
  /** Maximum number of operations in progress. */
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

/** Retries statements on both endpoints of the database until a deadline, if a repetition is safe. */
export class FailoverDatabase implements Database {
  private inProgress = 0;

  constructor(
    private readonly primary: DatabaseEndpoint,
    private readonly replicas: DatabaseEndpoint,
    private readonly budget: Budget = defaultBudget,
  ) {}

  async read(statement: Statement): Promise<readonly Row[]> {
    return (await this.attempt([this.replicas, this.primary], statement, this.budget.readDeadlineMs)).rows;
  }

  writeIdempotent(statement: Statement): Promise<Outcome> {
    return this.attempt([this.primary], statement, this.budget.writeDeadlineMs);
  }

  private async attempt(
    endpoints: readonly DatabaseEndpoint[],
    statement: Statement,
    deadlineMs: number,
  ): Promise<Outcome> {
    if (this.inProgress >= this.budget.operations)
      throw new DatabaseUnavailable(`too many operations wait for the database (${this.inProgress})`);
    this.inProgress += 1;
    try {
      return await this.attemptUntil(Date.now() + deadlineMs, endpoints, statement);
    } finally {
      this.inProgress -= 1;
    }
  }

  private async attemptUntil(
    deadline: number,
    endpoints: readonly DatabaseEndpoint[],
    statement: Statement,
  ): Promise<Outcome> {
    const { attemptMs, firstPauseMs, longestPauseMs } = this.budget;
    // With little time left, an attempt would only time out, and the pool would close healthy connections.
    const latestStart = deadline - attemptMs / 4;
    let cause: unknown;
    for (let round = 0; ; round += 1) {
      for (const endpoint of endpoints.filter(({ available }) => available)) {
        const remaining = deadline - Date.now();
        if (remaining <= 0) break;
        try {
          return await endpoint.run(statement, Math.min(attemptMs, remaining));
        } catch (error) {
          if (judge(error) === "reject") throw error;
          cause = error;
        }
      }
      const left = Math.max(0, latestStart - Date.now());
      const wait = endpoints.some(({ available }) => available)
        ? pause(Math.min(left, longestPauseMs, firstPauseMs * 2 ** round * (0.5 + Math.random() / 2)))
        : Promise.race([pause(left), ...endpoints.map((endpoint) => endpoint.recovered())]);
      await wait;
      if (Date.now() >= latestStart) throw new DatabaseUnavailable(describeOutage(endpoints), { cause });
    }
  }
}

const describeOutage = (endpoints: readonly DatabaseEndpoint[]): string =>
  `the database did not answer in time: ${endpoints.map(({ state }) => state.reason ?? "slow").join("; ")}`;
