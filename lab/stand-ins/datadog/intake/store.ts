import type { HostMetadata, RecordKind, Records } from "./records.js";

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
  /** @default - any */
  readonly source?: string;
  /** Text that the message contains. @default - any */
  readonly text?: string;
}

/** Stores received records in memory, the oldest first. Deletes the oldest records of a kind above `limit`. */
export class Store {
  private readonly kept: { [K in RecordKind]: Records[K][] } = { metrics: [], checks: [], logs: [], processes: [] };
  private readonly metadata = new Map<string, HostMetadata>();

  /** @param limit maximum number of records of each kind */
  constructor(private readonly limit = 200_000) {}

  /** Stores records of one kind. */
  add<K extends RecordKind>(kind: K, records: readonly Records[K][]): void {
    const list = this.kept[kind];
    list.push(...records);
    if (list.length > this.limit) list.splice(0, list.length - this.limit);
  }

  /** Stores a host's metadata and replaces older metadata. */
  addHost(host: HostMetadata): void {
    this.metadata.set(host.host, host);
  }

  /** Latest metadata of every host. */
  hosts(): HostMetadata[] {
    return [...this.metadata.values()];
  }

  /** Matching records with the tags of their host, like Datadog. */
  find<K extends RecordKind>(kind: K, filter: Filter): Records[K][] {
    return this.kept[kind].map((record) => this.withHostTags(record)).filter((record) => fits(record, filter));
  }

  private withHostTags<R extends Records[RecordKind]>(record: R): R {
    const tags = this.metadata.get(record.host)?.tags ?? [];
    return tags.length === 0 ? record : { ...record, tags: [...new Set([...record.tags, ...tags])] };
  }
}

function fits(record: Records[RecordKind], filter: Filter): boolean {
  const fields: Partial<Record<string, unknown>> = { ...record };
  const equal = (["name", "host", "service", "source"] as const).every(
    (key) => filter[key] === undefined || fields[key] === filter[key],
  );
  return (
    equal &&
    (filter.since === undefined || record.time >= filter.since) &&
    (filter.tags ?? []).every((tag) => record.tags.includes(tag)) &&
    (filter.text === undefined || ("message" in record && record.message.includes(filter.text)))
  );
}
