import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { limits } from "../limits.js";
import type { Log, LogLevel } from "../log.js";
import { readBody } from "./body.js";
import { type HttpError, toHttpError } from "./errors.js";
import { type AppRequest, jsonReply, type Reply } from "./exchange.js";
import { requestId } from "./request-id.js";
import { findRoute, type Route } from "./router.js";

/** Properties of {@link createHttpServer}. */
export interface HttpServerProps {
  /** The first that fits the path and the method answers. */
  readonly routes: readonly Route[];
  /** Gets one line for each request. */
  readonly log: Log;
  /** Renders an error for people; programs get JSON. */
  readonly errorPage: (error: HttpError, requestId: string) => Reply;
}

/** The outcome of one request, as the log needs it. */
interface Answered {
  readonly reply: Reply;
  /** @default - absent: no route fits */
  readonly route?: Route;
  /** @default - absent: the handler did not throw */
  readonly error?: unknown;
}

/** An HTTP server that routes, answers errors in the form the client wants, and logs one line per request. */
export const createHttpServer = (props: HttpServerProps): Server => {
  const server = createServer((incoming, response) => void serve(props, incoming, response));
  server.headersTimeout = limits.http.headersSeconds * 1000;
  server.requestTimeout = limits.http.requestSeconds * 1000;
  server.keepAliveTimeout = limits.http.keepAliveSeconds * 1000;
  return server;
};

const serve = async (props: HttpServerProps, incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
  const started = performance.now();
  const { id, fromProxy } = requestId(incoming.headers["x-request-id"]);
  const [path = "", query] = splitOnce(incoming.url ?? "/", "?");
  const method = incoming.method ?? "GET";
  const request: Omit<AppRequest, "parameters"> = {
    method,
    path,
    query: new URLSearchParams(query),
    headers: incoming.headers,
    id,
    idFromProxy: fromProxy,
    body: () => readBody(incoming, limits.http.bodyBytes),
  };
  const answered = await answer(props, request);
  incoming.resume(); // an unread rest of the body must not block the connection
  send(response, answered.reply, id, method === "HEAD");
  logRequest(props.log, request, answered, performance.now() - started);
};

const answer = async (props: HttpServerProps, request: Omit<AppRequest, "parameters">): Promise<Answered> => {
  let route: Route | undefined;
  try {
    const match = findRoute(props.routes, request.method, request.path);
    route = match.route;
    return { route, reply: await route.handle({ ...request, parameters: match.parameters }) };
  } catch (error) {
    const httpError = toHttpError(error);
    const forPeople = route ? route.class === "page" : (request.headers.accept ?? "").includes("text/html");
    const reply = forPeople ? props.errorPage(httpError, request.id) : errorReply(httpError, request.id);
    return { route, error, reply: { ...reply, headers: { ...reply.headers, ...httpError.props.headers } } };
  }
};

const errorReply = ({ props: { status, code, message, problems } }: HttpError, id: string): Reply =>
  jsonReply(status, { error: { code, message, problems, requestId: id } });

const send = (response: ServerResponse, reply: Reply, id: string, headOnly: boolean): void => {
  const length = String(Buffer.byteLength(reply.body));
  response.writeHead(reply.status, { ...reply.headers, "content-length": length, "x-request-id": id });
  response.end(headOnly ? undefined : reply.body);
};

const logRequest = (
  log: Log,
  request: Omit<AppRequest, "parameters">,
  { reply, route, error }: Answered,
  durationMs: number,
): void => {
  log[levelOf(reply.status, route)](`${request.method} ${request.path} ${reply.status}`, {
    request_id: request.id,
    http: {
      method: request.method,
      path: request.path,
      route: route?.path ?? "none",
      route_class: route?.class ?? "none",
      status_code: reply.status,
    },
    duration_ms: Math.round(durationMs * 1000) / 1000,
    error: reply.status >= 500 ? error : undefined,
  });
};

/** Health checks come every few seconds from everywhere: only their failures are worth a line. */
const levelOf = (status: number, route: Route | undefined): LogLevel => {
  if (route?.class === "health") return status < 400 ? "debug" : "warn";
  return status >= 500 ? "error" : "info";
};

const splitOnce = (text: string, separator: string): readonly string[] => {
  const at = text.indexOf(separator);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
};
