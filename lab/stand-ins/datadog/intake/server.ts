import type { RequestListener } from "node:http";
import { buffer, json } from "node:stream/consumers";
import { gunzipSync } from "node:zlib";
import type { Filter, HostMetadata, Records } from "./records.js";

/** Kind of record that agents send to each URL path. */
const endpoints: Readonly<Record<string, keyof Records>> = {
  "/api/v2/series": "metrics",
  "/api/v1/check_run": "checks",
  "/api/v2/logs": "logs",
  "/api/v1/collector": "processes",
};

/** Maximum number of stored records of each kind. */
const limit = 200_000;

function attributesOf(message: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(message);
    return typeof value === "object" && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

/** Checks whether a record matches a filter. */
function matches(record: Records[keyof Records], { tags = [], since = 0, text = "", ...equal }: Filter): boolean {
  const fields: Partial<Record<string, unknown>> = { ...record };
  return (
    Object.entries(equal).every(([key, value]) => value === undefined || fields[key] === value) &&
    record.time >= since &&
    tags.every((tag) => record.tags.includes(tag)) &&
    (text === "" || (typeof fields["message"] === "string" && fields["message"].includes(text)))
  );
}

/** Stores received data in memory. If the number of records of a kind exceeds the limit, deletes the oldest records. */
export class Intake {
  private readonly records: { [K in keyof Records]: Records[K][] } = {
    metrics: [],
    checks: [],
    logs: [],
    processes: [],
  };
  private readonly hosts = new Map<string, HostMetadata>();

  constructor(private readonly apiKey: string) {}

  /** Handles requests of agents like Datadog. Responds with 403 if the API key is wrong, and with 202 after the data are stored. */
  readonly agents: RequestListener = (request, response) =>
    void (async () => {
      const path = request.url ?? "/";
      const kind = endpoints[path];
      if (request.headers["dd-api-key"] !== this.apiKey) return response.writeHead(403).end();
      if (!kind && path !== "/intake/") return response.writeHead(404).end();
      const body: unknown = JSON.parse(gunzipSync(await buffer(request)).toString());
      if (kind) this.add(kind, body as Records[typeof kind][]);
      else this.hosts.set((body as HostMetadata).host, body as HostMetadata);
      return response.writeHead(202).end();
    })().catch((error: unknown) => response.writeHead(400).end(String(error)));

  /** Handles the lab's queries. The path of a query is a kind of record or `hosts`; the body is a {@link Filter}. */
  readonly queries: RequestListener = (request, response) =>
    void (async () => {
      const kind = (request.url ?? "/").slice(1);
      const filter = (await json(request)) as Filter;
      const found = kind === "hosts" ? [...this.hosts.values()] : this.find(kind as keyof Records, filter);
      response.end(JSON.stringify(found));
    })().catch((error: unknown) => response.writeHead(400).end(String(error)));

  /** Returns the matching records from oldest to newest. Adds the tags of the host to each record, like Datadog. */
  find<K extends keyof Records>(kind: K, filter: Filter): Records[K][] {
    return this.records[kind]
      .map((record) => ({
        ...record,
        tags: [...new Set([...record.tags, ...(this.hosts.get(record.host)?.tags ?? [])])],
      }))
      .filter((record) => matches(record, filter));
  }

  private add<K extends keyof Records>(kind: K, received: readonly Records[K][]): void {
    const list = this.records[kind];
    for (const record of received)
      list.push("source" in record ? { ...record, attributes: attributesOf(record.message) } : record);
    list.splice(0, list.length - limit);
  }
}
