import { request } from "node:http";
import { json, text } from "node:stream/consumers";
import type { Filter, HostMetadata, Records } from "./records.js";

/** Queries the data that the running intake received. Results are sorted from oldest to newest. */
export class IntakeClient {
  constructor(private readonly querySocket: string) {}

  /** Returns the metadata of all hosts. */
  readonly hosts = (): Promise<HostMetadata[]> => this.get("hosts", {});
  /** Returns the matching metric values. */
  readonly metrics = (filter: Filter): Promise<Records["metrics"][]> => this.get("metrics", filter);
  /** Returns the matching check results. */
  readonly checks = (filter: Filter): Promise<Records["checks"][]> => this.get("checks", filter);
  /** Returns the matching log lines. */
  readonly logs = (filter: Filter): Promise<Records["logs"][]> => this.get("logs", filter);
  /** Returns the matching processes. */
  readonly processes = (filter: Filter): Promise<Records["processes"][]> => this.get("processes", filter);

  private get<Found>(kind: string, filter: Filter): Promise<Found> {
    return new Promise((resolve, reject) => {
      request({ socketPath: this.querySocket, method: "POST", path: `/${kind}` }, (response) => {
        if (response.statusCode === 200) void json(response).then((found) => resolve(found as Found), reject);
        else void text(response).then((body) => reject(new Error(`intake ${kind}: ${body}`)), reject);
      })
        .on("error", reject)
        .end(JSON.stringify(filter));
    });
  }
}
