import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, request as httpsRequest, type Server } from "node:https";
import { connect as connectHttp2 } from "node:http2";
import type { IncomingHttpHeaders } from "node:http";
import { createServer as createTcpServer, type AddressInfo, type Socket } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import type { SecureVersion, TLSSocket } from "node:tls";
import { askHaproxy } from "../../../lab/balancer/ask.js";
import { authority, issue, type KeyPair } from "../../../lab/keys/certificates.js";
import { edgeConfig, type EdgeProps, tokenKey } from "../../../lab/stand-ins/edge/edge.js";
import { waitFor } from "../../../lab/system/shell.js";

/** Data of a request that the origin received. */
export interface SeenRequest {
  readonly headers: IncomingHttpHeaders;
  readonly serverName: string | false | null;
  /** Common name in the client's certificate. @default - no certificate */
  readonly clientName?: string;
}

/** Response that a visitor gets. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
}

/** Address on which an origin closes every connection. */
export const deadAddress = "127.0.0.2";

/** Options of a visitor's connection. */
export interface Visit {
  /** Address that the visitor connects to. @default "127.0.0.1" */
  readonly address?: string;
  /** Newest TLS version that the visitor supports. @default "TLSv1.3" */
  readonly maxVersion?: SecureVersion;
  /** Host name that the visitor sends in the TLS handshake. @default "www.foobar.com" */
  readonly serverName?: string;
}

/** Runs HAProxy with the edge's configuration on loopback. Behind HAProxy is an origin that records its requests. */
export class EdgeOnLoopback {
  readonly seen: SeenRequest[] = [];
  ca = "";
  httpPort = 0;
  httpsPort = 0;
  private leadsFile = "";
  private socket = "";
  private haproxy: ChildProcess | undefined;
  private origin: Server | undefined;
  private directory = "";

  /**
   * Starts the origin and HAProxy.
   * @param changes settings of the edge that differ from the defaults
   * @param originName DNS name in the origin's certificate
   */
  async start(
    changes: (clientBundle: string) => Partial<EdgeProps> = () => ({}),
    originName = "www.foobar.com",
  ): Promise<void> {
    this.directory = await mkdtemp(path.join(tmpdir(), "edge-"));
    const publicCa = await authority(this.directory, "public-ca", "public authority");
    const originCa = await authority(this.directory, "origin-ca", "origin authority");
    const names = (...dnsNames: string[]) => ({ commonName: dnsNames[0] ?? "", dnsNames });
    const visible = await issue(
      publicCa,
      this.directory,
      "edge",
      names("www.foobar.com", "foobar.com", "www.foobar.net"),
    );
    const client = await issue(originCa, this.directory, "client", { commonName: "origin-pull" });
    const originPair = await issue(originCa, this.directory, "origin", names(originName));
    this.ca = await readFile(publicCa.certificate, "utf8");
    const originPort = await this.startOrigin(originPair, originCa);
    [this.httpPort, this.httpsPort] = [await freePort(), await freePort()];
    const tokenFile = path.join(this.directory, "edge-token.map");
    await writeFile(tokenFile, `${tokenKey} the-secret\n`);
    this.leadsFile = path.join(this.directory, "edge-leads.map");
    await writeFile(this.leadsFile, "www.foobar.com balancer\nwww.foobar.net 308|https://www.foobar.com\n");
    this.socket = path.join(this.directory, "edge.sock");
    const loopback = { ipv4: "127.0.0.1", ipv6: "::1" };
    const config = edgeConfig({
      addresses: loopback,
      origins: [{ name: "balancer", ...loopback }],
      certificateBundle: await this.bundle(visible, "edge-bundle.pem"),
      originCa: originCa.certificate,
      leadsFile: this.leadsFile,
      socket: this.socket,
      header: { name: "X-Edge-Token", tokenFile },
      minimumTlsVersion: "1.2",
      hsts: { maxAgeSeconds: 300, includeSubdomains: true, preload: false },
      httpPort: this.httpPort,
      httpsPort: this.httpsPort,
      originPort,
      ...changes(await this.bundle(client, "client-bundle.pem")),
    });
    const file = path.join(this.directory, "edge.cfg");
    await writeFile(file, config);
    const haproxy = spawn("haproxy", ["-db", "-f", file], { stdio: ["ignore", "ignore", "pipe"] });
    this.haproxy = haproxy;
    let complaints = "";
    haproxy.stderr.on("data", (text: Buffer) => (complaints += text.toString()));
    await waitFor("HAProxy", async () => {
      if (haproxy.exitCode !== null) throw new Error(complaints);
      return this.get("/ready").then(
        () => true,
        () => false,
      );
    });
    this.seen.length = 0;
  }

  async stop(): Promise<void> {
    this.haproxy?.kill();
    this.origin?.closeAllConnections();
    this.origin?.close();
    await rm(this.directory, { recursive: true, force: true });
  }

  /** Changes the target of a host name while the edge runs. */
  async lead(host: string, to: string): Promise<void> {
    await askHaproxy(this.socket, `set map ${this.leadsFile} ${host} ${to}`);
  }

  /** Sends a GET request over HTTP/1.1 and TLS as a visitor of www.foobar.com. */
  get(
    url: string,
    headers: Record<string, string> = {},
    { address = "127.0.0.1", maxVersion = "TLSv1.3", serverName = "www.foobar.com" }: Visit = {},
  ): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const options = {
        host: address,
        port: this.httpsPort,
        path: url,
        ca: this.ca,
        servername: serverName,
        maxVersion,
        agent: false,
      };
      httpsRequest({ ...options, headers: { host: "www.foobar.com", ...headers } }, (response) => {
        response.resume().on("end", () => resolve({ status: response.statusCode ?? 0, headers: response.headers }));
      })
        .on("error", reject)
        .end();
    });
  }

  /** Sends a GET request over HTTP/2 and returns the status. */
  getHttp2(url: string): Promise<number> {
    return new Promise((resolve, reject) => {
      const session = connectHttp2(`https://127.0.0.1:${this.httpsPort}`, {
        ca: this.ca,
        servername: "www.foobar.com",
      });
      session.on("error", reject);
      const stream = session.request({ ":path": url, ":authority": "www.foobar.com" });
      stream.on("response", (headers) => resolve(Number(headers[":status"]))).resume();
      stream.on("end", () => session.close()).end();
    });
  }

  private async startOrigin(pair: KeyPair, clientCa: KeyPair): Promise<number> {
    const [cert, key, ca] = await Promise.all(
      [pair.certificate, pair.key, clientCa.certificate].map((file) => readFile(file)),
    );
    const origin = createServer(
      { cert, key, ca, requestCert: true, rejectUnauthorized: false },
      (request, response) => {
        const socket = request.socket as TLSSocket & { readonly servername?: string | false };
        this.seen.push({
          headers: request.headers,
          serverName: socket.servername ?? null,
          clientName: commonName(socket),
        });
        if (request.url === "/breaks") request.socket.destroy();
        else response.end("ok");
      },
    );
    origin.prependListener("connection", (socket: Socket) => {
      if (socket.localAddress?.endsWith(deadAddress)) socket.destroy();
    });
    this.origin = origin;
    await new Promise<void>((resolve) => origin.listen(0, "::", resolve));
    return (origin.address() as AddressInfo).port;
  }

  private async bundle(pair: KeyPair, name: string): Promise<string> {
    const file = path.join(this.directory, name);
    await writeFile(file, (await readFile(pair.certificate, "utf8")) + (await readFile(pair.key, "utf8")));
    return file;
  }
}

/** Returns the common name in the peer's certificate. If there is no certificate, Node returns an empty object. */
function commonName(socket: TLSSocket): string | undefined {
  const { subject } = socket.getPeerCertificate() as { subject?: { CN: string } };
  return subject?.CN;
}

/** Returns a free port on loopback. */
async function freePort(): Promise<number> {
  const server = createTcpServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
