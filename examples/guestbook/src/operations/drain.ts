import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { pause } from "../database/time.js";
import { limits } from "../limits.js";

/** Properties of {@link Drain.stop}. */
export interface StopProps {
  /** Time of the drain in milliseconds; see `limits.stop`. @default limits.stop.drainSeconds */
  readonly drainMs?: number;
  /** Time for requests in progress in milliseconds; see `limits.stop`. @default limits.stop.finishSeconds */
  readonly finishMs?: number;
}

const pollMs = 20;

/**
 * State of a connection. `fresh` means that the connection had no request yet. `idle` means that it is kept alive between two requests. A
 * `ServerResponse` is the response in progress.
 */
type Use = "fresh" | "idle" | ServerResponse;

/**
 * Stops a server without losing a request.
 *
 * If the server closed an idle keep-alive connection while nginx sends its next request, this request would be lost. The server therefore
 * first continues to answer with `Connection: close`, until nginx has used or closed the idle connections. Then the server stops accepting
 * connections (new connections wait in systemd's socket) and finishes running requests.
 */
export class Drain {
  private readonly connections = new Map<Socket, Use>();
  private draining = false;

  constructor(private readonly server: Server) {
    server.on("connection", (socket: Socket) => {
      this.connections.set(socket, "fresh");
      socket.once("close", () => this.connections.delete(socket));
    });
    // This listener runs before the handlers, because handlers may answer immediately.
    server.prependListener("request", ({ socket }: IncomingMessage, response: ServerResponse) => {
      this.mark(socket, response);
      if (this.draining) announceClose(response);
      response.once("close", () => this.mark(socket, "idle"));
    });
  }

  /** Stops the server. The promise resolves when all connections are closed, at most after `drainMs + finishMs`. */
  async stop({
    drainMs = limits.stop.drainSeconds * 1000,
    finishMs = limits.stop.finishSeconds * 1000,
  }: StopProps = {}): Promise<void> {
    this.draining = true;
    for (const use of this.connections.values()) if (isBusy(use)) announceClose(use);
    await this.until(drainMs, () => this.none((use) => use === "idle"));

    const closed = new Promise<void>((resolve) => void this.server.close(() => resolve()));
    // A connection that was just accepted sends its request immediately. A silent connection has no request.
    await this.until(Math.min(finishMs, 1000), () => this.none((use) => use === "fresh"));
    await this.until(finishMs, () => this.none(isBusy));
    this.server.closeAllConnections();
    await closed;
  }

  private mark(socket: Socket, use: Use): void {
    if (this.connections.has(socket)) this.connections.set(socket, use);
  }

  private none(condition: (use: Use) => boolean): boolean {
    return ![...this.connections.values()].some(condition);
  }

  private async until(milliseconds: number, condition: () => boolean): Promise<void> {
    const deadline = Date.now() + milliseconds;
    while (!condition() && Date.now() < deadline) await pause(pollMs);
  }
}

const isBusy = (use: Use): use is ServerResponse => typeof use === "object";

const announceClose = (response: ServerResponse): void => {
  if (!response.headersSent) response.setHeader("connection", "close");
};
