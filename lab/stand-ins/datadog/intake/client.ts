import { request } from "node:http";
import type { HostMetadata, RecordKind, Records } from "./records.js";
import type { Filter } from "./store.js";

/** Queries the data that the running intake received. */
export class IntakeClient {
  constructor(private readonly querySocket: string) {}

  /** Metadata of all hosts. */
  hosts(): Promise<HostMetadata[]> {
    return this.get("/hosts");
  }

  /** Matching metric values, the oldest first. */
  metrics(filter: Filter = {}): Promise<Records["metrics"][]> {
    return this.find("metrics", filter);
  }

  /** Matching check results, the oldest first. */
  checks(filter: Filter = {}): Promise<Records["checks"][]> {
    return this.find("checks", filter);
  }

  /** Matching log lines, the oldest first. */
  logs(filter: Filter = {}): Promise<Records["logs"][]> {
    return this.find("logs", filter);
  }

  /** Matching processes, the oldest first. */
  processes(filter: Filter = {}): Promise<Records["processes"][]> {
    return this.find("processes", filter);
  }

  private find<K extends RecordKind>(kind: K, { tags = [], ...filter }: Filter): Promise<Records[K][]> {
    const query = new URLSearchParams(tags.map((tag): [string, string] => ["tags", tag]));
    for (const [name, value] of Object.entries(filter)) if (value !== undefined) query.set(name, String(value));
    return this.get(`/${kind}?${query.toString()}`);
  }

  private get<T>(path: string): Promise<T> {
    return new Promise((resolve, reject) => {
      request({ socketPath: this.querySocket, path }, (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("end", () => {
          const body = Buffer.concat(chunks).toString();
          if (response.statusCode === 200) resolve(JSON.parse(body) as T);
          else reject(new Error(`intake ${path}: ${body}`));
        });
      })
        .on("error", reject)
        .end();
    });
  }
}
