import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { promisify } from "node:util";
import { gunzip, inflate } from "node:zlib";
import { decodeChecks, decodeLogs, decodeMetadata, decodeProcesses, decodeSeries } from "./decode.js";
import type { RecordKind } from "./records.js";
import type { Filter, Store } from "./store.js";

/** Maximum body size in bytes: the documented limit of the logs endpoint. The limit of metrics is lower. */
const bodyLimit = 5 * 1024 * 1024;

const decompress: Readonly<Record<string, (body: Buffer) => Promise<Buffer>>> = {
  identity: (body) => Promise.resolve(body),
  gzip: promisify(gunzip),
  deflate: promisify(inflate),
};

/** Handler and success status of each endpoint. */
const endpoints = (store: Store): Readonly<Record<string, { status: number; take: (body: unknown) => void }>> => ({
  "/api/v2/series": { status: 202, take: (body) => store.add("metrics", decodeSeries(body)) },
  "/api/v1/check_run": { status: 202, take: (body) => store.add("checks", decodeChecks(body)) },
  "/api/v2/logs": { status: 202, take: (body) => store.add("logs", decodeLogs(body)) },
  "/api/v1/collector": { status: 200, take: (body) => store.add("processes", decodeProcesses(body)) },
  "/intake/": { status: 200, take: (body) => store.addHost(decodeMetadata(body)) },
});

/** Responds to agents like Datadog: 403 for a wrong API key, 400 for an invalid body, 202 or 200 after the data is stored. */
export function intakeListener(store: Store, apiKey: string): RequestListener {
  const known = endpoints(store);
  return handle(async (request, response) => {
    if (request.headers["dd-api-key"] !== apiKey) return reply(response, 403, { errors: ["Forbidden"] });
    const path = new URL(request.url ?? "/", "https://intake").pathname;
    if (path === "/api/v1/validate") return reply(response, 200, { valid: true });
    const endpoint = known[path];
    if (!endpoint) return reply(response, 404, { errors: [`no endpoint ${path}`] });
    const body = await readBody(request);
    try {
      const text = await (decompress[request.headers["content-encoding"] ?? "identity"] ?? unknownEncoding)(body);
      endpoint.take(JSON.parse(text.toString()));
    } catch (error) {
      return reply(response, 400, { errors: [String(error)] });
    }
    reply(response, endpoint.status, { errors: [] });
  });
}

const unknownEncoding = (): Promise<Buffer> => Promise.reject(new Error("content-encoding must be gzip or deflate"));

/** Handles the lab's queries: `/metrics`, `/checks`, `/logs`, `/processes` with the fields of {@link Filter}, and `/hosts`. */
export const queryListener = (store: Store): RequestListener =>
  handle((request, response) => {
    const url = new URL(request.url ?? "/", "http://query");
    const kind = url.pathname.slice(1);
    if (kind === "hosts") reply(response, 200, store.hosts());
    else if (isKind(kind)) reply(response, 200, store.find(kind, filterOf(url.searchParams)));
    else reply(response, 404, { errors: [`unknown kind of record: ${kind}`] });
    return Promise.resolve();
  });

const isKind = (word: string): word is RecordKind => ["metrics", "checks", "logs", "processes"].includes(word);

function filterOf(query: URLSearchParams): Filter {
  const text = (name: string): string | undefined => query.get(name) ?? undefined;
  const since = text("since");
  return {
    name: text("name"),
    host: text("host"),
    service: text("service"),
    source: text("source"),
    text: text("text"),
    tags: query.getAll("tags"),
    since: since === undefined ? undefined : Number(since),
  };
}

const handle =
  (answer: (request: IncomingMessage, response: ServerResponse) => Promise<void>): RequestListener =>
  (request, response) => {
    answer(request, response).catch((error: unknown) => {
      console.error(`${request.method} ${request.url}: ${String(error)}`);
      response.destroy();
    });
  };

function reply(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > bodyLimit) throw new Error(`body must be at most ${bodyLimit} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
