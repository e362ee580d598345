import { HttpError, notFound } from "./errors.js";
import type { Handler } from "./exchange.js";

/** What a route is for: decides the form of errors and how requests are logged. */
export type RouteClass = "page" | "api" | "asset" | "health";

/** A path and who answers it. */
export interface Route {
  readonly method: "GET" | "POST";
  /** Path; a part `:name` matches any one part. */
  readonly path: string;
  readonly class: RouteClass;
  readonly handle: Handler;
}

/** A route that fits a request, with the parts of the path that it names. */
export interface Match {
  readonly route: Route;
  readonly parameters: Readonly<Record<string, string>>;
}

/**
 * Finds the route of a request. HEAD is answered as GET, without its body.
 * @throws 404 for an unknown path, 405 for a known path with another method
 */
export const findRoute = (routes: readonly Route[], method: string, path: string): Match => {
  const candidates = routes.flatMap((route) => {
    const parameters = matchPath(route.path, path);
    return parameters ? [{ route, parameters }] : [];
  });
  if (candidates.length === 0) throw notFound("There is nothing at this address.");
  const wanted = method === "HEAD" ? "GET" : method;
  const match = candidates.find(({ route }) => route.method === wanted);
  if (match) return match;
  const allowed = candidates.flatMap(({ route }) => (route.method === "GET" ? ["GET", "HEAD"] : [route.method]));
  throw new HttpError({
    status: 405,
    code: "method_not_allowed",
    message: `The method ${method} is not possible here.`,
    headers: { allow: allowed.join(", ") },
  });
};

const matchPath = (pattern: string, path: string): Record<string, string> | undefined => {
  const wanted = pattern.split("/");
  const actual = path.split("/");
  if (wanted.length !== actual.length) return undefined;
  const parameters: Record<string, string> = {};
  for (const [index, part] of wanted.entries()) {
    const value = actual[index] ?? "";
    if (part.startsWith(":")) parameters[part.slice(1)] = value;
    else if (part !== value) return undefined;
  }
  return parameters;
};
