/**
 * Emulates Hetzner's metadata service. The service identifies a server by the source address of a request and returns the server's
 * metadata and user data.
 *
 * Usage: metadata.ts SETTINGS.json (see MetadataSettings)
 */
import { readFileSync } from "node:fs";
import http from "node:http";

/** Metadata of one server. */
export interface ServerMetadata {
  readonly hostname: string;
  readonly instanceId: number;
  readonly publicIpv4: string;
  readonly privateIpv4: string;
  readonly userData: string;
}

/** Settings of the emulated metadata service. */
export interface MetadataSettings {
  readonly address: string;
  readonly servers: readonly ServerMetadata[];
}

const settings = JSON.parse(readFileSync(process.argv[2] ?? "", "utf8")) as MetadataSettings;

const fieldsOf = (server: ServerMetadata): Readonly<Record<string, string>> => ({
  "instance-id": String(server.instanceId),
  hostname: server.hostname,
  "public-ipv4": server.publicIpv4,
  "local-ipv4": "",
  region: "eu-central",
  "availability-zone": "nbg1-dc3",
});

function answer(server: ServerMetadata, path: string): string | undefined {
  const fields = fieldsOf(server);
  const root = "/hetzner/v1/metadata";
  if (path === "/hetzner/v1/userdata") return server.userData;
  if (path === root)
    return Object.entries(fields)
      .map(([name, value]) => `${name}: ${value}\n`)
      .join("");
  if (path === `${root}/private-networks`) return `- ip: ${server.privateIpv4}\n  interface_num: 1\n`;
  return fields[path.slice(root.length + 1)];
}

http
  .createServer((request, response) => {
    const from = request.socket.remoteAddress;
    const server = settings.servers.find(({ publicIpv4 }) => publicIpv4 === from);
    const body = server && answer(server, request.url ?? "");
    response.writeHead(body === undefined ? 404 : 200, { "Content-Type": "text/plain" }).end(body);
  })
  .listen(80, settings.address);
