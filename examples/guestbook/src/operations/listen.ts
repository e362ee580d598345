import type { Server } from "node:http";
import type { Address } from "../settings.js";

/** First file descriptor that systemd passes (sd_listen_fds(3)). */
const inheritedDescriptor = 3;

/**
 * Returns true if systemd passes its listening socket (app.socket) to this process. Connections then wait in the socket's queue while one
 * process stops and the next process starts, so that a release loses no request.
 */
export const inheritsSocket = (environment: NodeJS.ProcessEnv, pid: number): boolean =>
  environment["LISTEN_FDS"] === "1" && environment["LISTEN_PID"] === String(pid);

/** Accepts connections on the inherited socket. If there is no inherited socket, listens on `address`. */
export const listen = (server: Server, inherited: boolean, address: Address): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(inherited ? { fd: inheritedDescriptor } : address, () => {
      server.off("error", reject);
      resolve();
    });
  });
