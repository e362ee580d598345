import { messageOf } from "../log.js";

/** What is known about one side (write or read) of the database. */
export interface ReachabilityState {
  readonly reachable: boolean;
  /** Why it is not reachable. @default - absent while it is */
  readonly reason?: string;
  /** When it last answered, in milliseconds of the clock. @default - absent if it never did */
  readonly lastAnswerAt?: number;
}

/** Remembers what each use of a pool says about its side of the database. */
export class Reachability {
  private reason: string | undefined = "not tried yet";
  private lastAnswerAt?: number;

  constructor(private readonly now: () => number = Date.now) {}

  /** A member answered, with a result or with an error of its own. */
  answered(): void {
    this.reason = undefined;
    this.lastAnswerAt = this.now();
  }

  /** No member that can do this side's work was reached. */
  failed(error: unknown): void {
    this.reason = messageOf(error);
  }

  /** What is known now. */
  get state(): ReachabilityState {
    return { reachable: this.reason === undefined, reason: this.reason, lastAnswerAt: this.lastAnswerAt };
  }
}
