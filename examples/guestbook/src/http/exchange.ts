import type { IncomingHttpHeaders } from "node:http";

/** A request as handlers see it. */
export interface AppRequest {
  readonly method: string;
  readonly path: string;
  /** Parts of the path that the route names, such as `id`. */
  readonly parameters: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  /** Unique name of this request in all logs, from nginx or made here. */
  readonly id: string;
  /** Whether the id came from nginx, which sends the same one again if it retries. */
  readonly idFromProxy: boolean;
  /** Reads the body, bounded in size and time. */
  readonly body: () => Promise<Buffer>;
}

/** A whole answer, before the server adds length and request id. */
export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Answers the requests of a route. What it throws becomes an answer too, see `toHttpError`. */
export type Handler = (request: AppRequest) => Reply | Promise<Reply>;

/** Dynamic answers are never stored: they are as fresh as the database. */
const fresh = { "cache-control": "no-store" };

/** An answer for programs. */
export const jsonReply = (status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): Reply => ({
  status,
  headers: { "content-type": "application/json; charset=utf-8", ...fresh, ...headers },
  body: `${JSON.stringify(value)}\n`,
});

/** A page for people. */
export const htmlReply = (status: number, body: string, headers: Readonly<Record<string, string>> = {}): Reply => ({
  status,
  headers: { "content-type": "text/html; charset=utf-8", ...fresh, ...headers },
  body,
});

/** Sends the browser to a page with GET, so that reloading it does not send the form again. */
export const seeOther = (location: string): Reply => ({ status: 303, headers: { location, ...fresh }, body: "" });
