/**
 * The part of the internet that servers use: a web server for package archives, the vendors' repositories and the release,
 * one folder per host name; and an address where every port answers.
 *
 * Usage: internet.ts SETTINGS.json (see InternetSettings)
 */
import { createSocket } from "node:dgram";
import { createReadStream, existsSync, readFileSync } from "node:fs";
import { stat } from "node:fs/promises";
import http, { type IncomingMessage, type ServerResponse } from "node:http";
import https from "node:https";
import net from "node:net";
import path from "node:path";

/** What the stand-in reads from its settings file. */
export interface InternetSettings {
  /** Addresses of the web server. */
  readonly addresses: readonly string[];
  /** Directories with one folder per host name; the first that has the file serves it. */
  readonly directories: readonly string[];
  /** Directory with an empty file for each host name that is away: its connections end without an answer. */
  readonly away: string;
  /** The object storage: what is asked of its host is handed on to this port of loopback. @default none */
  readonly storage?: { readonly host: string; readonly port: number };
  /** PEM files, valid for every host name served. */
  readonly certificate: string;
  readonly key: string;
  /** Port to which every other port of the open address is redirected. */
  readonly openPort: number;
}

const settings = JSON.parse(readFileSync(process.argv[2] ?? "", "utf8")) as InternetSettings;

async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const host = (request.headers.host ?? "").replace(/:\d+$/, "");
  if (existsSync(path.join(settings.away, host))) return void request.socket.destroy();
  if (settings.storage?.host === host) return handOn(request, response, settings.storage.port);
  const pathname = path.posix.normalize(decodeURIComponent(new URL(request.url ?? "/", "http://lab").pathname));
  for (const directory of settings.directories) {
    const file = path.join(directory, host, pathname);
    const found = await stat(file).catch(() => undefined);
    if (!found?.isFile()) continue;
    response.writeHead(200, { "Content-Length": found.size, "Last-Modified": found.mtime.toUTCString() });
    createReadStream(file).pipe(response);
    return;
  }
  console.log(`404 ${host}${pathname}`);
  response.writeHead(404).end();
}

function handOn(request: IncomingMessage, response: ServerResponse, port: number): void {
  const { method, url, headers } = request;
  const onward = http.request({ host: "127.0.0.1", port, method, path: url, headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  });
  onward.on("error", () => request.socket.destroy());
  request.pipe(onward);
}

const handle = (request: IncomingMessage, response: ServerResponse): void => {
  serve(request, response).catch((error: unknown) => response.writeHead(500).end(String(error)));
};

for (const address of settings.addresses) {
  http.createServer(handle).listen(80, address);
  https
    .createServer({ cert: readFileSync(settings.certificate), key: readFileSync(settings.key) }, handle)
    .listen(443, address);
}

net.createServer((socket) => socket.on("error", () => socket.destroy()).end("open\n")).listen(settings.openPort, "::");
const datagrams = createSocket("udp6");
datagrams.on("message", (_, peer) => datagrams.send("open\n", peer.port, peer.address)).bind(settings.openPort, "::");
