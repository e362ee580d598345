import type { Server } from "node:http";
import { createAdaptorServer, type HttpBindings } from "@hono/node-server";
import { type Context, Hono } from "hono";
import { methodNotAllowed } from "hono/method-not-allowed";
import { requestId, type RequestIdVariables } from "hono/request-id";
import { routePath } from "hono/route";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { limits } from "../limits.js";
import type { Log } from "../log.js";
import { HttpError, notFound, toHttpError } from "./errors.js";

/** What handlers find in the context besides the request: `requestId`, the name of this request in all logs, from nginx or made here. */
export interface AppEnv {
  readonly Bindings: HttpBindings;
  readonly Variables: RequestIdVariables;
}

/** Paths and who answers them. */
export type Routes = Hono<AppEnv>;

/** Properties of {@link createHttpServer}. */
export interface HttpServerProps {
  readonly routes: readonly Routes[];
  /** Gets one line for each request. */
  readonly log: Log;
  /** Renders an error for people; programs get JSON. */
  readonly errorPage: (error: HttpError, requestId: string) => string;
}

/** An HTTP server that routes, answers errors in the form the client wants, and logs one line per request. */
export const createHttpServer = ({ routes, log, errorPage }: HttpServerProps): Server => {
  const app = new Hono<AppEnv>();
  const answerError = (c: Context<AppEnv>, error: HttpError): Response | Promise<Response> => {
    const { status, code, message, problems, headers } = error.props;
    const id = c.get("requestId");
    if (isForPeople(c)) return c.html(errorPage(error, id), status as ContentfulStatusCode, headers);
    return c.json({ error: { code, message, problems, requestId: id } }, status as ContentfulStatusCode, headers);
  };
  app.use(requestId({ limitLength: 64 }), logRequests(log), fresh);
  app.use(methodNotAllowed({ app, onMethodNotAllowed: (c, allowed) => answerError(c, wrongMethod(c, allowed)) }));
  for (const part of routes) app.route("/", part);
  app.notFound((c) => answerError(c, notFound("There is nothing at this address.")));
  app.onError((error, c) => answerError(c, toHttpError(error)));
  return createAdaptorServer({
    fetch: app.fetch,
    serverOptions: {
      headersTimeout: limits.http.headersSeconds * 1000,
      requestTimeout: limits.http.requestSeconds * 1000,
      keepAliveTimeout: limits.http.keepAliveSeconds * 1000,
    },
  }) as Server;
};

/** What a route is for: decides the form of errors and how requests are logged. */
type RouteClass = "page" | "api" | "asset" | "health" | "none";

const anyPath = "/*";

/** The route that answers, as it was declared; middleware alone fits every path. */
const routeOf = (c: Context): string => {
  const route = routePath(c, -1);
  return route === anyPath ? "none" : route;
};

const classOf = (route: string): RouteClass => {
  if (route === "none") return "none";
  if (route === "/healthz" || route === "/readyz") return "health";
  return route.startsWith("/api/") ? "api" : route.startsWith("/assets/") ? "asset" : "page";
};

const isForPeople = (c: Context): boolean => {
  const routeClass = classOf(routeOf(c));
  return routeClass === "none" ? (c.req.header("accept") ?? "").includes("text/html") : routeClass === "page";
};

/** Dynamic answers are never stored: they are as fresh as the database. */
const fresh = (c: Context, next: () => Promise<void>): Promise<void> => {
  c.header("cache-control", "no-store");
  return next();
};

const logRequests =
  (log: Log) =>
  async (c: Context<AppEnv>, next: () => Promise<void>): Promise<void> => {
    const started = performance.now();
    await next();
    const { method, path } = c.req;
    const { status } = c.res;
    const route = routeOf(c);
    const fields = {
      request_id: c.get("requestId"),
      http: { method, path, route, route_class: classOf(route), status_code: status },
      duration_ms: Math.round((performance.now() - started) * 1000) / 1000,
      ...(status >= 500 && c.error ? { error: c.error } : {}),
    };
    log[levelOf(status, classOf(route))](fields, `${method} ${path} ${status}`);
  };

/** Health checks come every few seconds from everywhere: only their failures are worth a line. */
const levelOf = (status: number, routeClass: RouteClass): "debug" | "info" | "warn" | "error" => {
  if (routeClass === "health") return status < 400 ? "debug" : "warn";
  return status >= 500 ? "error" : "info";
};

const wrongMethod = (c: Context, allowed: readonly string[]): HttpError =>
  new HttpError({
    status: 405,
    code: "method_not_allowed",
    message: `The method ${c.req.method} is not possible here.`,
    headers: { allow: allowed.join(", ") },
  });
