/** A limit of so many uses per second. What is not used in one second is not saved up for later ones. */
export class Allowance {
  private left: number;
  private countedAt: number;

  constructor(
    private readonly perSecond: number,
    private readonly now: () => number = () => performance.now() / 1000,
  ) {
    this.left = perSecond;
    this.countedAt = now();
  }

  /** @returns whether one more is allowed now */
  take(): boolean {
    const at = this.now();
    this.left = Math.min(this.perSecond, this.left + (at - this.countedAt) * this.perSecond);
    this.countedAt = at;
    if (this.left < 1) return false;
    this.left -= 1;
    return true;
  }
}
