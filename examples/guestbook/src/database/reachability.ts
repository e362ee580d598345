import { messageOf } from "../log.js";

/** State of one endpoint (write or read) of the database. */
export interface ReachabilityState {
  readonly reachable: boolean;
  /** Reason why the endpoint is unreachable. @default - absent if it is reachable */
  readonly reason?: string;
  /** Time of the last answer, in milliseconds. @default - absent if there was no answer */
  readonly lastAnswerAt?: number;
}

/** Records the result of each use of a pool. */
export class Reachability {
  private reason: string | undefined = "not tried yet";
  private lastAnswerAt?: number;

  constructor(private readonly now: () => number = Date.now) {}

  /** Records that a member answered, with a result or an error. */
  answered(): void {
    this.reason = undefined;
    this.lastAnswerAt = this.now();
  }

  /** Records that no suitable member was reached. */
  failed(error: unknown): void {
    this.reason = messageOf(error);
  }

  /** Current reachability of the side. */
  get state(): ReachabilityState {
    return { reachable: this.reason === undefined, reason: this.reason, lastAnswerAt: this.lastAnswerAt };
  }
}
