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
  /** Fields of a JSON message, parsed as Datadog does; otherwise empty. */
  readonly attributes: Readonly<Record<string, unknown>>;
}

/** A process that ran on a host. */
export interface ProcessRecord extends Received {
  readonly name: string;
  readonly user: string;
}

/** Metadata of a host. Its tags apply to all its data. */
export type HostMetadata = Pick<Received, "host" | "tags">;

/** All data of agents, by kind. */
export interface Records {
  metrics: MetricPoint;
  checks: ServiceCheck;
  logs: LogRecord;
  processes: ProcessRecord;
}

/** Search filter; all given fields must match. */
export interface Filter {
  /** Name of the metric, check or process. @default - any */
  readonly name?: string;
  /** @default - any */
  readonly host?: string;
  /** Required tags. @default - none */
  readonly tags?: readonly string[];
  /** Earliest time in Unix seconds. @default - any */
  readonly since?: number;
  /** @default - any */
  readonly service?: string;
  /** Text that the message contains. @default - any */
  readonly text?: string;
}
