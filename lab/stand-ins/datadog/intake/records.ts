/** One value of a metric. All times are in Unix seconds. */
export interface MetricPoint {
  readonly name: string;
  readonly host: string;
  readonly time: number;
  readonly value: number;
  readonly tags: readonly string[];
}

/** Result of one run of a check. */
export interface ServiceCheck {
  readonly name: string;
  readonly host: string;
  readonly time: number;
  readonly status: "ok" | "warning" | "critical" | "unknown";
  readonly message: string;
  readonly tags: readonly string[];
}

/** One line of a log. */
export interface LogRecord {
  readonly host: string;
  readonly time: number;
  readonly service: string;
  readonly source: string;
  readonly message: string;
  readonly tags: readonly string[];
  /** Fields of a JSON message, parsed as Datadog does; otherwise empty. */
  readonly attributes: Readonly<Record<string, unknown>>;
}

/** A process that ran on a host. */
export interface ProcessRecord {
  readonly host: string;
  readonly time: number;
  readonly name: string;
  readonly user: string;
  readonly tags: readonly string[];
}

/** Metadata of a host. Its tags apply to all its data. */
export interface HostMetadata {
  readonly host: string;
  readonly tags: readonly string[];
  readonly agentVersion: string;
}

/** All data of agents, by kind. */
export interface Records {
  metrics: MetricPoint;
  checks: ServiceCheck;
  logs: LogRecord;
  processes: ProcessRecord;
}

/** Name of a kind of record. */
export type RecordKind = keyof Records;
