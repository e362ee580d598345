import { Readable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { namespaceOf } from "../layout.js";
import { run } from "../system/shell.js";

/** A limited number of requests that are sent at a fixed rate, even if previous requests are still unanswered. */
export interface LoadProps {
  /** Requested page. */
  readonly url: string;
  /** Requests started per second. */
  readonly ratePerSecond: number;
  /** How long requests are started. The last responses arrive later. */
  readonly seconds: number;
  /** @default "GET" */
  readonly method?: string;
  /** Body of each request. `{n}` in the body and headers is replaced with the number of the request, from 0. @default - none */
  readonly body?: string;
  /** @default - none; a body is sent as application/json */
  readonly headers?: Readonly<Record<string, string>>;
  /** Status of a successful response. @default - any below 400 */
  readonly status?: number;
  /** Whether connections are reused. Otherwise each request opens a new connection, like a new visitor. @default false */
  readonly keepAlive?: boolean;
  /** Seconds after which an unanswered request counts as failed. @default 15 */
  readonly timeoutSeconds?: number;
  /** Address family of the connections. @default 4 */
  readonly family?: 4 | 6;
  /** Host that sends the requests. @default "client" */
  readonly from?: string;
  /** Trusted certificate authority for https. @default - the lab's public authority */
  readonly trustedCa?: string;
}

/** A period without a successful request, in seconds since the start of the load. */
export interface Gap {
  readonly from: number;
  readonly to: number;
  readonly seconds: number;
}

/** A request that failed. */
export interface Failure {
  /** Seconds since the start of the load. */
  readonly at: number;
  readonly n: number;
  /** HTTP status or error code, for example "503" or "ECONNREFUSED". */
  readonly reason: string;
}

/** Result of a load. A request is ok if its response has the expected status. */
export interface LoadResult {
  /** Start of the load in Unix seconds. */
  readonly startedAt: number;
  readonly sent: number;
  readonly ok: number;
  readonly failed: number;
  /** Number of requests by HTTP status or error code. */
  readonly byStatus: Readonly<Record<string, number>>;
  /** Latency of successful requests in milliseconds. */
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
  /** Pauses of at least half a second between the ends of two successful requests, the longest first. */
  readonly gaps: readonly Gap[];
  readonly failures: readonly Failure[];
  /** Numbers of the successful requests, in the order of their responses. */
  readonly acknowledged: readonly number[];
  /** Time of each of these responses, in seconds since the start of the load. */
  readonly acknowledgedAt: readonly number[];
}

/**
 * Sends a load from inside the lab and waits for its end.
 * @param until ends the load early if it is aborted
 */
export async function sendLoad(props: LoadProps, trustedCa: string, until?: AbortSignal): Promise<LoadResult> {
  const worker = fileURLToPath(new URL("./worker.ts", import.meta.url));
  const command = [process.execPath, "--import", "tsx", worker];
  const { from = "client", ...rest } = props;
  const output = await run("ip", ["netns", "exec", namespaceOf(from), ...command], {
    input: Readable.from(orders(rest, until)),
    environment: { NODE_EXTRA_CA_CERTS: props.trustedCa ?? trustedCa },
    timeoutSeconds: props.seconds + (props.timeoutSeconds ?? 15) + 30,
  });
  return JSON.parse(output) as LoadResult;
}

/** Input lines for the worker: first the load as JSON, then a stop line if the load must end early. */
async function* orders(load: Omit<LoadProps, "from">, until?: AbortSignal): AsyncGenerator<string> {
  yield `${JSON.stringify(load)}\n`;
  if (until === undefined) return;
  // The timer must end with the load; otherwise it would keep the command running.
  const isStopped = await delay(load.seconds * 1000, false, { signal: until }).catch(() => true);
  if (isStopped) yield "stop\n";
}
