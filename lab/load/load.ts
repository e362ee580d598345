import { Readable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { namespaceOf } from "../layout.js";
import { run } from "../system/shell.js";

/** Properties of a load. A load sends requests at a fixed rate, even if previous requests are still unanswered. */
export interface LoadProps {
  /** URL of the requested page. */
  readonly url: string;
  /** Number of requests to start per second. */
  readonly ratePerSecond: number;
  /** Time in seconds during which the load starts requests. The last responses arrive after this time. */
  readonly seconds: number;
  /** HTTP method. @default "GET" */
  readonly method?: string;
  /** Body of each request. The number of the request, starting at 0, replaces `{n}` in the body and headers. @default - none */
  readonly body?: string;
  /** HTTP headers of each request. If there is a body, the default content type is application/json. @default - none */
  readonly headers?: Readonly<Record<string, string>>;
  /** HTTP status of a successful response. @default - any status below 400 */
  readonly status?: number;
  /** If true, requests reuse connections. If false, each request opens a new connection, like a new visitor. @default false */
  readonly keepAlive?: boolean;
  /** Time limit of each request in seconds. A request without a response fails at this limit. @default 15 */
  readonly timeoutSeconds?: number;
  /** IP version of the connections. @default 4 */
  readonly family?: 4 | 6;
  /** Lab host that sends the requests. @default "client" */
  readonly from?: string;
  /** Path of the certificate of the trusted certificate authority for https. @default - the lab's public authority */
  readonly trustedCa?: string;
}

/** A period without a successful request, in seconds since the start of the load. */
export interface Gap {
  readonly from: number;
  readonly to: number;
  readonly seconds: number;
}

/** A failed request. */
export interface Failure {
  /** Start of the request, in seconds since the start of the load. */
  readonly at: number;
  readonly n: number;
  /** HTTP status or error code of the failed request, for example "503" or "ECONNREFUSED". */
  readonly reason: string;
}

/** Result of a load. A request is successful if its response has the expected status. */
export interface LoadResult {
  /** Start of the load in Unix seconds. */
  readonly startedAt: number;
  readonly sent: number;
  readonly ok: number;
  readonly failed: number;
  /** Number of requests for each HTTP status or error code. */
  readonly byStatus: Readonly<Record<string, number>>;
  /** Median latency of successful requests in milliseconds. */
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
  /** Pauses of at least 0.5 s between the ends of two successful requests, from longest to shortest. */
  readonly gaps: readonly Gap[];
  readonly failures: readonly Failure[];
  /** Numbers of the successful requests, in the order of the responses. */
  readonly acknowledged: readonly number[];
  /** Times of the responses to the requests in `acknowledged`, in seconds since the start of the load. */
  readonly acknowledgedAt: readonly number[];
}

/**
 * Sends a load from a lab host and waits until the load ends.
 * @param until signal that ends the load early
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

/**
 * Yields the input lines of the worker. The first input line is the load as JSON. If the load must end early, a second line stops the
 * worker.
 */
async function* orders(load: Omit<LoadProps, "from">, until?: AbortSignal): AsyncGenerator<string> {
  yield `${JSON.stringify(load)}\n`;
  if (until === undefined) return;
  // The timer must not be longer than the load; otherwise the timer would keep the command running.
  const isStopped = await delay(load.seconds * 1000, false, { signal: until }).catch(() => true);
  if (isStopped) yield "stop\n";
}
