import { expect, it } from "vitest";
import { linesOf, type Mistake } from "../mistake.js";
import { refused } from "./refused.js";

const visitor = { path: "/orders", body: '{"what":"{text}"}', table: "orders", column: "what" };

refused("what is at which path", [
  [
    { application: { healthPath: "healthz" } },
    'application.healthPath: must be a path of at most 100 letters, digits and ._~- between slashes, and must not end with a slash, got "healthz"; write it as "/healthz"',
  ],
  [
    { application: { healthPath: "/" } },
    'application.healthPath: must be a path of at most 100 letters, digits and ._~- between slashes, and must not end with a slash, got "/"; write it as "/healthz"',
  ],
  [
    { application: { healthPath: "/a/../b" } },
    'application.healthPath: must be a path of at most 100 letters, digits and ._~- between slashes, and must not end with a slash, got "/a/../b"; write it as "/healthz"',
  ],
  [
    { application: { staticFolder: "public", healthPath: "/static/health" } },
    'application.healthPath: must not be below /static/, because nginx serves application.staticFolder there, got "/static/health"; choose another path',
  ],
  [
    { application: { readyPath: "/healthz" } },
    'application.readyPath: must differ from application.healthPath, because an unavailable database must not remove all servers from the load balancer, got "/healthz"; let the application answer the two paths separately',
  ],
  [
    { application: { pagePath: "/readyz" } },
    'application.pagePath: must differ from application.healthPath and application.readyPath, because visitors cannot request these paths, got "/readyz"; choose a path that visitors may request',
  ],
  [
    { application: { pagePath: "/healthz" } },
    'application.pagePath: must differ from application.healthPath and application.readyPath, because visitors cannot request these paths, got "/healthz"; choose a path that visitors may request',
  ],
  [
    { application: { pagePath: "/index.php" } },
    'application.pagePath: must not be a typical path of scanners (….php, /wp-…), because Cloudflare blocks these paths, got "/index.php"; choose another path, or define what to block in cloudflare.firewall.expression',
  ],
  [
    { application: { statusPath: "/readyz" } },
    'application.statusPath: must differ from application.healthPath and application.readyPath, because visitors cannot request these paths, got "/readyz"; choose a path that visitors may request, or remove statusPath',
  ],
  [
    { application: { statusPath: "/status.php" } },
    'application.statusPath: must not be a typical path of scanners (….php, /wp-…), because Cloudflare blocks these paths, got "/status.php"; choose another path, or define what to block in cloudflare.firewall.expression',
  ],
  [
    { application: { staticFolder: "public", statusPath: "/static/status" } },
    'application.statusPath: must not be below /static/, because nginx serves application.staticFolder there, got "/static/status"; choose another path',
  ],
  [
    { application: { staticFolder: "public", readyPath: "/static/ready" } },
    'application.readyPath: must not be below /static/, because nginx serves application.staticFolder there, got "/static/ready"; choose another path',
  ],
  [
    { application: { statusPath: "/" } },
    'application.statusPath: must be a path of at most 100 letters, digits and ._~- between slashes, and must not end with a slash, got "/"; write it as "/healthz"',
  ],
  [
    { application: { pagePath: "/api/status" } },
    'application.statusPath: must differ from application.pagePath, because statusPath returns JSON and pagePath returns HTML, got "/api/status"; set two different paths, or remove statusPath',
  ],
  [
    { application: { writePaths: ["/wp-json/"] } },
    'application.writePaths[0]: must not be a typical path of scanners (….php, /wp-…), because Cloudflare blocks these paths, got "/wp-json/"; choose another path, or define what to block in cloudflare.firewall.expression',
  ],
  [
    { application: { writePaths: ["/api/*"] } },
    'application.writePaths[0]: must be a path such as /login, or a folder such as /api/ for all paths below it, got "/api/*"; write it as "/api/", without host, query and wildcards',
  ],
  [
    { application: { writePaths: ["/static/upload"], staticFolder: "public" } },
    'application.writePaths[0]: must not be below /static/, because nginx serves application.staticFolder there, got "/static/upload"; choose another path',
  ],
  [{ application: { writePaths: [] } }, "application.writePaths: must have at least 1 entry, got []; add one"],
  [
    { application: { staticFolder: "../files" } },
    'application.staticFolder: must be a folder: letters, digits, hyphens and underscores, with single dots and slashes between them, got "../files"; write it as "foobar/production"',
  ],
]);

refused("the visitor of tests", [
  [
    { application: { visitor: { ...visitor, path: "orders" } } },
    'application.visitor.path: must be a path of at most 100 letters, digits and ._~- between slashes, and must not end with a slash, got "orders"; write it as "/healthz"',
  ],
  [
    { application: { visitor: { ...visitor, body: '{"what":"tea"}' } } },
    'application.visitor.body: must contain {text}, in the body or in a header, so that each write can be recognized, got "{\\"what\\":\\"tea\\"}"; enter {text} in a field that the application stores',
  ],
  [
    { application: { visitor: { ...visitor, headers: { "X-Key:": "{text}" } } } },
    'application.visitor.headers.X-Key:: must be a header name of at most 64 letters, digits and hyphens, got "X-Key:"; write it as "Idempotency-Key"',
  ],
  [
    { application: { visitor: { ...visitor, headers: { "Content-Length": "1" } } } },
    'application.visitor.headers.Content-Length: must not be a header that every HTTP client sets itself, got "Content-Length"; remove it',
  ],
  [
    { application: { visitor: { ...visitor, body: `{text}${"x".repeat(64 * 1024)}` } } },
    `application.visitor.body: must have at most 64 KiB, the limit of all requests, got "{text}${"x".repeat(73)}…; write a shorter body`,
  ],
  [
    { application: { visitor: { ...visitor, path: "/readyz" } } },
    'application.visitor.path: must differ from application.healthPath and application.readyPath, because visitors cannot request these paths, got "/readyz"; choose a path that visitors may request',
  ],
  [
    { application: { writePaths: ["/api/", "/login"], visitor } },
    'application.visitor.path: must be covered by application.writePaths (/api/, /login), got "/orders"; add the path to application.writePaths',
  ],
  [
    { application: { writePaths: ["/login"], visitor: { ...visitor, path: "/login/again" } } },
    'application.visitor.path: must be covered by application.writePaths (/login), got "/login/again"; add the path to application.writePaths',
  ],
  [
    { application: { visitor: { ...visitor, method: "GET" } } },
    'application.visitor.method: must be one of "POST", "PUT", "PATCH", got "GET"; choose one of POST, PUT, PATCH',
  ],
  [
    { application: { visitor: { ...visitor, status: 404 } } },
    "application.visitor.status: must be 399 or less, got 404; lower it to 399",
  ],
  [
    { application: { visitor: { ...visitor, table: "app.orders" } } },
    'application.visitor.table: must be a name of at most 64 letters, digits and underscores, got "app.orders"; write only the name, for example "orders"',
  ],
]);

it.each<[what: string, application: Mistake]>([
  ["a visitor path that is listed", { writePaths: ["/orders"], visitor }],
  ["a visitor path below a listed path", { writePaths: ["/orders/"], visitor: { ...visitor, path: "/orders/new" } }],
  ["paths below /static/ without a static folder", { pagePath: "/static/start", statusPath: "/static/status" }],
])("accepts %s", (_, application) => {
  expect(linesOf({ application })).toEqual([]);
});

it("allows typical paths of scanners if cloudflare.firewall.expression is set", () => {
  const expression = 'http.request.uri.path contains "/.git"';
  expect(linesOf({ application: { pagePath: "/index.php" }, cloudflare: { firewall: { expression } } })).toEqual([]);
});

it("reports all wrong paths at once", () => {
  const paths = { statusPath: "/wp-status", writePaths: ["/wp-json/"], visitor: { ...visitor, path: "/wp-json/x" } };
  expect(linesOf({ application: paths }).map((line) => line.split(":")[0])).toEqual([
    "application.statusPath",
    "application.visitor.path",
    "application.writePaths[0]",
  ]);
  const below = { writePaths: ["/static/"], visitor: { ...visitor, path: "/static/x" }, staticFolder: "public" };
  expect(linesOf({ application: below }).map((line) => line.split(":")[0])).toEqual([
    "application.visitor.path",
    "application.writePaths[0]",
  ]);
});
