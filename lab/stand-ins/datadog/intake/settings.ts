/** What the intake's process is told. */
export interface IntakeSettings {
  /** Addresses it serves agents at. */
  readonly addresses: readonly string[];
  readonly port: number;
  /** Port of the same addresses where it tells the time. */
  readonly timePort: number;
  /** PEM files. */
  readonly certificate: string;
  readonly key: string;
  /** File that holds the only API key it accepts. */
  readonly apiKeyFile: string;
  /** Unix socket for the lab's own questions: reached by this host, by no machine. */
  readonly querySocket: string;
}
