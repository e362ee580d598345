import { limits } from "../limits.js";
import { judge } from "./errors.js";
import type { Reachability, ReachabilityState } from "./reachability.js";
import type { Outcome, Statement } from "./statement.js";
import { pause } from "./time.js";

/** One side of the database: `write` leads to the primary, `read` to replicas. */
export interface Side {
  readonly state: ReachabilityState;
  /** Whether it is worth trying: false from the first failure until a probe succeeded. */
  readonly available: boolean;
  /** Resolves when the side is available. */
  recovered(): Promise<void>;
  /** Runs one statement, in at most `timeoutMs`. */
  run(statement: Statement, timeoutMs: number): Promise<Outcome>;
  /** Asks whether the side can do its work now. */
  probe(timeoutMs: number): Promise<void>;
}

/** What {@link GuardedSide} needs of a pool. */
export interface ProbedPool extends Pick<Side, "run" | "probe"> {
  readonly reachability: Reachability;
}

/** Times of {@link GuardedSide} in milliseconds. */
export interface ScoutTimes {
  readonly pauseMs: number;
  readonly probeMs: number;
}

const defaultTimes: ScoutTimes = {
  pauseMs: limits.database.scoutSeconds * 1000,
  probeMs: limits.database.probeSeconds * 1000,
};

/**
 * Watches a pool. After a failure one probe after the other asks whether the side is back, and all requests wait for that. Hundreds of
 * requests that each try by themselves would keep the processor busy with TLS handshakes, just when the database needs it.
 */
export class GuardedSide implements Side {
  private recovery?: Promise<void>;
  private recoveries = 0;
  private stopped = false;

  constructor(
    private readonly pool: ProbedPool,
    private readonly times: ScoutTimes = defaultTimes,
  ) {}

  get state(): ReachabilityState {
    return this.pool.reachability.state;
  }

  get available(): boolean {
    return this.recovery === undefined;
  }

  async recovered(): Promise<void> {
    await this.recovery;
  }

  run(statement: Statement, timeoutMs: number): Promise<Outcome> {
    return this.watch(() => this.pool.run(statement, timeoutMs));
  }

  probe(timeoutMs: number): Promise<void> {
    return this.watch(() => this.pool.probe(timeoutMs));
  }

  /** Ends the probes of a side that is away. */
  stop(): void {
    this.stopped = true;
  }

  private async watch<T>(work: () => Promise<T>): Promise<T> {
    const { recoveries } = this;
    try {
      return await work();
    } catch (error) {
      // A failure that began before the last recovery says nothing about now.
      if (judge(error) === "renew" && recoveries === this.recoveries) this.recovery ??= this.scout();
      throw error;
    }
  }

  private async scout(): Promise<void> {
    do await pause(this.times.pauseMs);
    while (!this.stopped && !(await this.isBack()));
    this.recoveries += 1;
    this.recovery = undefined;
  }

  private isBack(): Promise<boolean> {
    return this.pool.probe(this.times.probeMs).then(
      () => true,
      () => false,
    );
  }
}
