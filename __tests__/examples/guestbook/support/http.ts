import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createHttpServer, type Routes } from "../../../../examples/guestbook/src/http/server.js";
import { createLog } from "../../../../examples/guestbook/src/log.js";
import { errorPage } from "../../../../examples/guestbook/src/notes/page.js";

export const site = { domain: "www.foobar.com", server: "alpha", version: "1.2.3" };

/** A line of the log, as far as the tests look. */
export interface LogLine {
  readonly level: string;
  readonly message: string;
  readonly request_id: string;
  readonly duration_ms: number;
  readonly http: Readonly<Record<string, string | number>>;
  readonly error?: { readonly message: string; readonly stack: string };
}

/** A server with given routes on a free port, and what it logged. */
export interface TestServer {
  readonly url: string;
  readonly server: Server;
  readonly lines: LogLine[];
  readonly close: () => void;
}

export const serve = async (...routes: readonly Routes[]): Promise<TestServer> => {
  const lines: LogLine[] = [];
  const log = createLog({
    level: "debug",
    destination: { write: (line) => void lines.push(JSON.parse(line) as LogLine) },
  });
  const server = createHttpServer({ routes, log, errorPage: errorPage(site) });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const close = (): void => {
    server.close();
    server.closeAllConnections();
  };
  return { url: `http://127.0.0.1:${port}`, server, lines, close };
};
