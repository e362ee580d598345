/** Settings of the intake's process. */
export interface IntakeSettings {
  /** Addresses for agents. */
  readonly addresses: readonly string[];
  readonly port: number;
  /** NTP port on the same addresses. */
  readonly timePort: number;
  /** PEM files. */
  readonly certificate: string;
  readonly key: string;
  /** File with the only accepted API key. */
  readonly apiKeyFile: string;
  /** Unix socket for the lab's queries. Machines cannot reach it. */
  readonly querySocket: string;
}
