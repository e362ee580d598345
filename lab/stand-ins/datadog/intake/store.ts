import type { HostMetadata, RecordKind, Records } from "./records.js";

/** What to look for; everything that is named must fit. */
export interface Filter {
  /** Metric, check or process of this name. @default - any */
  readonly name?: string;
  /** @default - any */
  readonly host?: string;
  /** Tags that must all be there. @default - none */
  readonly tags?: readonly string[];
  /** Not older than this, in Unix seconds. @default - however old */
  readonly since?: number;
  /** @default - any */
  readonly service?: string;
  /** @default - any */
  readonly source?: string;
  /** Text that the message contains. @default - any */
  readonly text?: string;
}

/** What came in, oldest first, in memory. The oldest records of a kind are forgotten beyond `limit`. */
export class Store {
  private readonly kept: { [K in RecordKind]: Records[K][] } = { metrics: [], checks: [], logs: [], processes: [] };
  private readonly metadata = new Map<string, HostMetadata>();

  /** @param limit records kept of each kind */
  constructor(private readonly limit = 200_000) {}

  /** Keeps records of one kind. */
  add<K extends RecordKind>(kind: K, records: readonly Records[K][]): void {
    const list = this.kept[kind];
    list.push(...records);
    if (list.length > this.limit) list.splice(0, list.length - this.limit);
  }

  /** Keeps what a host says of itself, in place of what it said before. */
  addHost(host: HostMetadata): void {
    this.metadata.set(host.host, host);
  }

  /** What every known host said last. */
  hosts(): HostMetadata[] {
    return [...this.metadata.values()];
  }

  /** Records that fit, with the tags of their host, as Datadog shows them. */
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
