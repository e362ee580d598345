import { limits } from "../limits.js";
import { judge } from "./errors.js";
import type { Reachability, ReachabilityState } from "./reachability.js";
import type { Outcome, Statement } from "./statement.js";
import { pause } from "./time.js";

/** One endpoint of the database: `write` leads to the primary, `read` to replicas. */
export interface DatabaseEndpoint {
  readonly state: ReachabilityState;
  /** Whether requests may use the endpoint: false from the first failure until a probe succeeds. */
  readonly available: boolean;
  /** Resolves when the endpoint is available. */
  recovered(): Promise<void>;
  /** Runs one statement within `timeoutMs`. */
  run(statement: Statement, timeoutMs: number): Promise<Outcome>;
  /** Checks whether the endpoint can do its work now. */
  probe(timeoutMs: number): Promise<void>;
}

/** Methods of a pool that {@link GuardedEndpoint} uses. */
export interface ProbedPool extends Pick<DatabaseEndpoint, "run" | "probe"> {
  readonly reachability: Reachability;
}

/** Times of {@link GuardedEndpoint} in milliseconds. */
export interface ScoutTimes {
  readonly pauseMs: number;
  readonly probeMs: number;
}

const defaultTimes: ScoutTimes = {
  pauseMs: limits.database.scoutSeconds * 1000,
  probeMs: limits.database.probeSeconds * 1000,
};

/**
 * Observes a pool. After a failure, one probe at a time checks whether the endpoint has recovered, and all requests wait for the result. If
 * hundreds of requests each tried by themselves, their TLS handshakes would use the processor when the database needs it most.
 */
export class GuardedEndpoint implements DatabaseEndpoint {
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

  /** Ends the probes of an unavailable endpoint. */
  stop(): void {
    this.stopped = true;
  }

  private async watch<T>(work: () => Promise<T>): Promise<T> {
    const { recoveries } = this;
    try {
      return await work();
    } catch (error) {
      // A failure of a statement that began before the last recovery does not concern the current state.
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
