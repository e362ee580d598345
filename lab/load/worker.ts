/**
 * Sends one load and prints the result as JSON. The first input line contains the properties of the load as JSON. A second line stops the
 * load.
 */
import { lookup } from "node:dns/promises";
import { once } from "node:events";
import http from "node:http";
import https from "node:https";
import { createInterface } from "node:readline";
import type { LoadProps, LoadResult } from "./load.js";
import { type Answer, summary } from "./summary.js";

const orders = createInterface(process.stdin);
const [line] = (await once(orders, "line")) as [string];
const props = JSON.parse(line) as LoadProps;
let stopped = false;
orders.once("line", () => (stopped = true));
const transport = props.url.startsWith("https:") ? https : http;
// The name is resolved only once, as in browsers, so that a slow name server does not cause failed requests.
const { address, family } = await lookup(new URL(props.url).hostname.replace(/[[\]]/g, ""), props.family ?? 4);
const agent = new transport.Agent({
  keepAlive: props.keepAlive ?? false,
  family,
  autoSelectFamily: false,
  lookup: (_name, _options, found) => found(null, address, family),
});
/**
 * Redirect statuses after which a browser sends the same request to the new location. All requests use the address of the first host name.
 */
const sameAgain = new Set([307, 308]);
/** Maximum number of redirects of one request. */
const mostTurns = 5;
const timeoutMs = (props.timeoutSeconds ?? 15) * 1000;
const startedAt = Date.now() / 1000;
const started = performance.now();
const seconds = (): number => (performance.now() - started) / 1000;

/** Returns the headers with names in lower case, so that each name occurs only once. */
const headersOf = (numbered: (text: string) => string): Record<string, string> =>
  Object.fromEntries(Object.entries(props.headers ?? {}).map(([name, value]) => [name.toLowerCase(), numbered(value)]));

/** Sends one request and reads the complete response. @throws if the request fails */
const ask = (url: URL, options: https.RequestOptions, body?: string): Promise<http.IncomingMessage> =>
  new Promise((resolve, reject) => {
    const request = transport.request(url, options);
    request.on("error", reject);
    request.on("response", (response) => {
      response.on("error", reject);
      response.resume().on("end", () => resolve(response));
    });
    request.end(body);
  });

/** Sends a request and follows redirects. @returns HTTP status of the last response */
async function follow(start: string, options: https.RequestOptions, body?: string): Promise<string> {
  let url = new URL(start);
  for (let turns = 0; turns <= mostTurns; turns++) {
    const { statusCode = 0, headers } = await ask(url, options, body);
    if (!sameAgain.has(statusCode) || headers.location === undefined) return String(statusCode);
    url = new URL(headers.location, url);
  }
  return "in a circle";
}

async function send(n: number): Promise<Answer> {
  const from = seconds();
  const numbered = (text: string): string => text.replaceAll("{n}", String(n));
  const body = props.body && numbered(props.body);
  const headers = { ...(body === undefined ? {} : { "content-type": "application/json" }), ...headersOf(numbered) };
  const signal = AbortSignal.timeout(timeoutMs);
  const status = await follow(props.url, { method: props.method ?? "GET", agent, headers, signal }, body).catch(
    (error: NodeJS.ErrnoException) => (signal.aborted ? "timeout" : (error.code ?? error.name)),
  );
  return { n, from, to: seconds(), status };
}

const total = Math.round(props.ratePerSecond * props.seconds);
const answers: Promise<Answer>[] = [];
for (let n = 0; n < total && !stopped; n++) {
  const wait = n / props.ratePerSecond - seconds();
  // The loop yields even if the load is late; otherwise a busy host would never process a response or the stop line.
  await new Promise((done) => (wait > 0 ? setTimeout(done, wait * 1000) : setImmediate(done)));
  answers.push(send(n));
}
const result: LoadResult = { startedAt, ...summary(await Promise.all(answers), props.status) };
console.log(JSON.stringify(result));
agent.destroy();
orders.close();
