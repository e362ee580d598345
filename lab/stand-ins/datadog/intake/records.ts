/** One value of a metric. Times are Unix seconds everywhere. */
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
  /** Fields of a message that is a JSON object, as Datadog finds them; else empty. */
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

/** What a host says of itself. Its tags count for everything it sends. */
export interface HostMetadata {
  readonly host: string;
  readonly tags: readonly string[];
  readonly agentVersion: string;
}

/** Everything that agents send, by kind. */
export interface Records {
  metrics: MetricPoint;
  checks: ServiceCheck;
  logs: LogRecord;
  processes: ProcessRecord;
}

/** Name of a kind of record. */
export type RecordKind = keyof Records;
