import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createHttpServer, type Routes } from "../../../../examples/guestbook/src/http.js";
import { createLog } from "../../../../examples/guestbook/src/log.js";

/** Fields of a log line that the tests check. */
export interface LogLine {
  readonly level: string;
  readonly message: string;
  readonly request_id: string;
  readonly duration_ms: number;
  readonly http: Readonly<Record<string, string | number>>;
  readonly error?: { readonly message: string; readonly stack: string };
}

/** An HTTP server with the given routes on a free port, and the log lines of the server. */
export interface TestServer {
  readonly url: string;
  readonly server: Server;
  readonly lines: LogLine[];
  readonly close: () => void;
}

export const serve = async (...routes: readonly Routes[]): Promise<TestServer> => {
  const lines: LogLine[] = [];
  const destination = { write: (line: string) => void lines.push(JSON.parse(line) as LogLine) };
  const server = createHttpServer(routes, createLog({ level: "debug", destination }));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const close = (): void => {
    server.close();
    server.closeAllConnections();
  };
  return { url: `http://127.0.0.1:${port}`, server, lines, close };
};
