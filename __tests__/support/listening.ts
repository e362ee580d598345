import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Server } from "node:net";
import { text } from "node:stream/consumers";
import { onTestFinished } from "vitest";

/** Starts a server on a free port. The server stops at the end of the test. @returns the port */
export async function portOf(server: Server): Promise<number> {
  onTestFinished(() => void server.close());
  await once(server.listen(0, "127.0.0.1"), "listening");
  return (server.address() as AddressInfo).port;
}

/**
 * Starts an HTTP server that stops at the end of the test.
 * @param answer function that is called with the body of each complete request
 * @returns the address of the server
 */
export async function httpServer(
  answer: (request: IncomingMessage, response: ServerResponse, body: string) => unknown,
): Promise<string> {
  const server = createServer((request, response) => {
    text(request).then(
      (body) => answer(request, response, body),
      () => undefined,
    );
  });
  onTestFinished(() => server.closeAllConnections());
  return `http://127.0.0.1:${await portOf(server)}`;
}
