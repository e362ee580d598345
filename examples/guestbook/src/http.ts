import type { Server } from "node:http";
import { json } from "node:stream/consumers";
import { createAdaptorServer, type HttpBindings } from "@hono/node-server";
import { type Context, Hono } from "hono";
import { requestId, type RequestIdVariables } from "hono/request-id";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { DatabaseUnavailable } from "./database/errors.js";
import { limits } from "./limits.js";
import type { Log } from "./log.js";

/** Context of handlers. `requestId` identifies the request in all logs. The request id comes from nginx, or is a new id. */
export interface AppEnv {
  readonly Bindings: HttpBindings;
  readonly Variables: RequestIdVariables;
}

export type Routes = Hono<AppEnv>;

/** Error with a status code. The client sees the message. */
export class HttpError extends Error {
  override readonly name = "HttpError";

  constructor(
    readonly status: ContentfulStatusCode,
    message: string,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
  }
}

/** Converts an error for the client. For errors other than {@link HttpError}, the client gets no details. */
function toHttpError(error: unknown): HttpError {
  if (error instanceof HttpError) return error;
  return error instanceof DatabaseUnavailable
    ? new HttpError(503, "The database is not available at the moment. Please try again.", { "retry-after": "5" })
    : new HttpError(500, "Something went wrong on our side.");
}

/** Reads the JSON body of a request. nginx always sends the length of a body. Node's own stream needs less CPU time than a web stream. */
export async function readJson(c: Context<AppEnv>): Promise<unknown> {
  const { incoming } = c.env;
  if (Number(incoming.headers["content-length"] ?? 0) > limits.http.bodyBytes)
    throw new HttpError(413, `The body must have at most ${limits.http.bodyBytes} bytes.`, { connection: "close" });
  return json(incoming).catch(() => {
    throw new HttpError(400, "The body is not valid JSON.");
  });
}

/** Creates an HTTP server with the given routes. The HTTP server returns errors as JSON and logs one line for each request. */
export function createHttpServer(routes: readonly Routes[], log: Log): Server {
  const app = new Hono<AppEnv>();
  const answerError = (c: Context<AppEnv>, error: unknown): Response => {
    const { status, message, headers } = toHttpError(error);
    return c.json({ error: { message, requestId: c.get("requestId") } }, status, headers);
  };
  app.use(requestId({ limitLength: 64 }), logRequests(log), (c, next) => {
    c.header("cache-control", "no-store");
    return next();
  });
  for (const part of routes) app.route("/", part);
  app.notFound((c) => answerError(c, new HttpError(404, "There is nothing at this address.")));
  app.onError((error, c) => answerError(c, error));
  return createAdaptorServer({
    fetch: app.fetch,
    serverOptions: {
      headersTimeout: limits.http.headersSeconds * 1000,
      requestTimeout: limits.http.requestSeconds * 1000,
      keepAliveTimeout: limits.http.keepAliveSeconds * 1000,
    },
  }) as Server;
}

type RouteClass = "page" | "api" | "health";

const classOf = (path: string): RouteClass => {
  if (path === "/healthz" || path === "/readyz") return "health";
  return path.startsWith("/api/") ? "api" : "page";
};

const logRequests =
  (log: Log) =>
  async (c: Context<AppEnv>, next: () => Promise<void>): Promise<void> => {
    const started = performance.now();
    await next();
    const { method, path } = c.req;
    const { status } = c.res;
    const fields = {
      request_id: c.get("requestId"),
      http: { method, path, route_class: classOf(path), status_code: status },
      duration_ms: Math.round((performance.now() - started) * 1000) / 1000,
      ...(status >= 500 && c.error ? { error: c.error } : {}),
    };
    log[levelOf(status, classOf(path))](fields, `${method} ${path} ${status}`);
  };

/** Returns the log level of a request. Health checks are frequent, so the default level logs only failed health checks. */
const levelOf = (status: number, routeClass: RouteClass): "debug" | "info" | "warn" | "error" => {
  if (routeClass === "health") return status < 400 ? "debug" : "warn";
  return status >= 500 ? "error" : "info";
};
