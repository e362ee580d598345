import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { createSecureContext, TLSSocket } from "node:tls";
import type { TestCertificate } from "./certificate.js";
import { failure, greeting, ok, packet, prepared, split, table, type Table } from "./mysql-packets.js";

/** Answer of the fake server to a statement. With `hang`, the server never answers. With `die`, the server closes the connection. */
export type Answer = "ok" | "hang" | "die" | { readonly errno: number } | { readonly insertId: number } | Table;

/** Options of {@link FakeMysql}. */
export interface FakeMysqlProps {
  readonly certificate: TestCertificate;
  /** True if the server offers TLS. @default true */
  readonly withTls?: boolean;
  /** True if the server accepts connections but never sends anything. @default false */
  readonly mute?: boolean;
}

/** Fake MySQL server for tests of faults. The fake supports only a part of MySQL's protocol, including TLS. */
export class FakeMysql {
  /** Returns the answer to a statement. */
  answer: (sql: string) => Answer = () => "ok";
  /** All statements that the server has received. */
  readonly statements: string[] = [];
  /** Number of connections that the server has accepted. */
  accepted = 0;
  private readonly open = new Set<Socket>();
  private readonly server: Server;

  constructor(private readonly props: FakeMysqlProps) {
    this.server = createServer((socket) => this.greet(socket));
  }

  /** Starts the server. @param port @default - any free port */
  async listen(port = 0): Promise<{ host: string; port: number }> {
    await new Promise<void>((resolve) => this.server.listen(port, "127.0.0.1", resolve));
    return { host: "127.0.0.1", port: (this.server.address() as AddressInfo).port };
  }

  get connections(): number {
    return this.open.size;
  }

  async close(): Promise<void> {
    for (const socket of this.open) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private greet(socket: Socket): void {
    this.accepted += 1;
    this.open.add(socket);
    socket.on("close", () => this.open.delete(socket)).on("error", () => undefined);
    const { withTls = true, mute = false } = this.props;
    if (mute) return void socket.resume();
    socket.write(packet(0, greeting(withTls)));
    socket.once("data", (bytes) => this.startTls(socket, bytes));
  }

  private startTls(socket: Socket, bytes: Buffer): void {
    const { rest } = split(bytes);
    socket.pause();
    if (rest.length > 0) socket.unshift(rest); // The client's first TLS record is in the same chunk.
    const { certificate, key } = this.props.certificate;
    const secureContext = createSecureContext({ cert: certificate, key });
    const secure = new TLSSocket(socket, { isServer: true, secureContext });
    secure.on("error", () => undefined);
    this.converse(secure);
  }

  private converse(stream: TLSSocket): void {
    let buffered: Buffer = Buffer.alloc(0);
    let isLoggedIn = false;
    let sql = "";
    stream.on("data", (bytes: Buffer) => {
      const { payloads, rest } = split(Buffer.concat([buffered, bytes]));
      buffered = rest;
      for (const payload of payloads) {
        if (!isLoggedIn) {
          isLoggedIn = true;
          stream.write(packet(3, ok()));
          continue;
        }
        const [command] = payload;
        if (command === 0x01) return void stream.end(); // QUIT
        if (command === 0x16) {
          sql = payload.subarray(1).toString();
          send(stream, prepared(sql.split("?").length - 1));
        } else if (command === 0x17) this.reply(stream, sql, true);
        else if (command === 0x03) this.reply(stream, payload.subarray(1).toString(), false);
      }
    });
  }

  private reply(stream: TLSSocket, sql: string, binary: boolean): void {
    this.statements.push(sql);
    const answer = this.answer(sql);
    if (answer === "hang") return;
    if (answer === "die") return void stream.destroy();
    if (answer === "ok") return send(stream, [ok()]);
    if ("errno" in answer) return send(stream, [failure(answer.errno, "as the test wants it")]);
    if ("insertId" in answer) return send(stream, [ok(answer.insertId)]);
    send(stream, table(answer, binary));
  }
}

const send = (stream: TLSSocket, payloads: readonly Buffer[]): void =>
  void stream.write(Buffer.concat(payloads.map((payload, index) => packet(index + 1, payload))));
