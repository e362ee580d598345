/** Fields of every record. Times are in Unix seconds. */
interface Received {
  readonly host: string;
  readonly time: number;
  readonly tags: readonly string[];
}

/** One value of a metric. */
export interface MetricPoint extends Received {
  readonly name: string;
  readonly value: number;
}

/** Result of one run of a check. */
export interface ServiceCheck extends Received {
  readonly name: string;
  readonly status: "ok" | "warning" | "critical";
  readonly message: string;
}

/** One line of a log. */
export interface LogRecord extends Received {
  readonly service: string;
  readonly source: string;
  readonly message: string;
  /** Fields of a message that is a JSON object, as Datadog parses them. If the message is not a JSON object, there are no fields. */
  readonly attributes: Readonly<Record<string, unknown>>;
}

/** A process that ran on a host. */
export interface ProcessRecord extends Received {
  readonly name: string;
  readonly user: string;
}

/** Name and tags of a host. The tags apply to all data of the host. */
export type HostMetadata = Pick<Received, "host" | "tags">;

/** Types of the records that agents send, with the kind of record as the key. */
export interface Records {
  metrics: MetricPoint;
  checks: ServiceCheck;
  logs: LogRecord;
  processes: ProcessRecord;
}

/** Search filter. A record matches if all given fields match. */
export interface Filter {
  /** Name of the metric, check or process. @default - any name */
  readonly name?: string;
  /** @default - any */
  readonly host?: string;
  /** Tags that a record must have. @default - none */
  readonly tags?: readonly string[];
  /** Earliest time of a record in Unix seconds. @default - any time */
  readonly since?: number;
  /** @default - any */
  readonly service?: string;
  /** Text that the message must contain. @default - any text */
  readonly text?: string;
}
