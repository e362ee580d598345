/**
 * Emulates the internet services that servers use. A web server with one folder per host name serves package archives, vendors'
 * repositories and the release. A separate address responds on every port.
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

/** Settings of the emulator. */
export interface InternetSettings {
  /** Addresses of the web server. */
  readonly addresses: readonly string[];
  /** Directories with one folder per host name. The web server sends a file from the first directory that contains the file. */
  readonly directories: readonly string[];
  /** Directory with an empty file for each unreachable host name. The web server closes connections for such a host without a response. */
  readonly away: string;
  /** Host name of the object storage, and the loopback port to which the web server forwards requests for that host. @default - none */
  readonly storage?: { readonly host: string; readonly port: number };
  /** Path of the PEM file with a certificate for all served host names. */
  readonly certificate: string;
  readonly key: string;
  /** Port to which all other ports of the address that responds on every port are redirected. */
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
