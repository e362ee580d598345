import { Readable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { namespaceOf } from "../layout.js";
import { run } from "../system/shell.js";

/** A bounded loop of requests that are sent at a fixed rate, whether the ones before were answered or not. */
export interface LoadProps {
  /** Page that is asked for. */
  readonly url: string;
  /** Requests that begin in each second. */
  readonly ratePerSecond: number;
  /** How long requests begin; the last answers come later. */
  readonly seconds: number;
  /** @default "GET" */
  readonly method?: string;
  /** Body of each request; `{n}` in it and in headers becomes the number of the request, from 0. @default - none */
  readonly body?: string;
  /** @default - none; a body is sent as application/json */
  readonly headers?: Readonly<Record<string, string>>;
  /** Status of a good answer. @default - any below 400 */
  readonly status?: number;
  /** Whether connections are used again; otherwise each request is a new visitor with its own handshake. @default false */
  readonly keepAlive?: boolean;
  /** Seconds after which an unanswered request counts as failed. @default 15 */
  readonly timeoutSeconds?: number;
  /** Address family of the connections. @default 4 */
  readonly family?: 4 | 6;
  /** Host the requests come from. @default "client" */
  readonly from?: string;
  /** Authority trusted for https. @default - the lab's public one */
  readonly trustedCa?: string;
}

/** A time in which no request succeeded, in seconds from the start of the load. */
export interface Gap {
  readonly from: number;
  readonly to: number;
  readonly seconds: number;
}

/** A request that failed. */
export interface Failure {
  /** Seconds from the start of the load. */
  readonly at: number;
  readonly n: number;
  /** HTTP status or the error's code, for example "503" or "ECONNREFUSED". */
  readonly reason: string;
}

/** Outcome of a load. A request is ok when it was answered with the status that was asked for. */
export interface LoadResult {
  /** When the load began, in Unix seconds. */
  readonly startedAt: number;
  readonly sent: number;
  readonly ok: number;
  readonly failed: number;
  /** Number of requests by HTTP status or error code. */
  readonly byStatus: Readonly<Record<string, number>>;
  /** Latency of the ok requests, in milliseconds. */
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
  /** Pauses of more than half a second between the ends of two ok requests, the longest first. */
  readonly gaps: readonly Gap[];
  readonly failures: readonly Failure[];
  /** Numbers of the requests that were ok, in the order of their answers. */
  readonly acknowledged: readonly number[];
  /** When each of these was answered, in seconds from the start of the load. */
  readonly acknowledgedAt: readonly number[];
}

/**
 * Sends a load from inside the lab and waits for its end.
 * @param until ends the load early, when it is aborted
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

/** Lines for the worker: first the load as JSON, later perhaps the order to stop early. */
async function* orders(load: Omit<LoadProps, "from">, until?: AbortSignal): AsyncGenerator<string> {
  yield `${JSON.stringify(load)}\n`;
  if (until === undefined) return;
  // A timer that goes on after the order would keep the command that sent the load from ending.
  const isStopped = await delay(load.seconds * 1000, false, { signal: until }).catch(() => true);
  if (isStopped) yield "stop\n";
}
