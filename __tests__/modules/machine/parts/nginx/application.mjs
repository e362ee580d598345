// Fake application behind nginx. The fake listens on each port of the application, returns the received request, and fails for some paths.
import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";

const [folder, ...ports] = process.argv.slice(2);
const html = (text) => (_, response) =>
  response.writeHead(200, { "content-type": "text/html", "content-length": text.length }).end(text);
const counts = { connections: 0, posts: 0, paths: [] };

const answers = {
  "/counts": (_, response) => response.end(JSON.stringify(counts)),
  "/large": html("<p>".repeat(1000)),
  "/small": html("<p>"),
  "/cut": (request) => request.socket.destroy(),
  "/silent": () => undefined,
  "/fail": (_, response) => response.writeHead(500).end("from the application\n"),
  // The file "health" contains the status to return, or "silent". Like many frameworks, the application rejects unknown host names.
  "/healthz": (request, response) => {
    if (request.headers.host !== "www.foobar.com") return response.writeHead(400).end();
    const status = existsSync(`${folder}/health`) ? readFileSync(`${folder}/health`, "utf8").trim() : "200";
    if (status !== "silent") response.writeHead(Number(status)).end();
  },
};

const serve = (request, response) => {
  const path = request.url.split("?")[0];
  counts.paths.push(path);
  if (request.method === "POST") counts.posts += 1;
  let bytes = 0;
  request.on("data", (chunk) => (bytes += chunk.length));
  request.on("end", () => {
    const answer = answers[path];
    if (answer) answer(request, response);
    else
      response
        .writeHead(200, { "x-request-id": "the application's own" })
        .end(`${JSON.stringify({ ...request.headers, method: request.method, bytes })}\n`);
  });
};

for (const port of ports)
  createServer(serve)
    .on("connection", () => (counts.connections += 1))
    .listen(Number(port), "127.0.0.1");
