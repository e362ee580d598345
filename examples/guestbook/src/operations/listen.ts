import type { Server } from "node:http";
import type { Address } from "../settings.js";

/** First file descriptor that systemd passes (sd_listen_fds(3)). */
const inheritedDescriptor = 3;

/**
 * Does systemd hold our listening socket (app.socket) and pass it to us? Then connections wait in its queue
 * while one process ends and the next starts, and a release loses no request.
 */
export const inheritsSocket = (environment: NodeJS.ProcessEnv, pid: number): boolean =>
  environment["LISTEN_FDS"] === "1" && environment["LISTEN_PID"] === String(pid);

/** Accepts connections on the inherited socket, or on `address` if there is none. */
export const listen = (server: Server, inherited: boolean, address: Address): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(inherited ? { fd: inheritedDescriptor } : address, () => {
      server.off("error", reject);
      resolve();
    });
  });
