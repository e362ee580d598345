import { once } from "node:events";
import net from "node:net";
import { text } from "node:stream/consumers";
import { waitFor } from "./shell.js";

/**
 * The lock's name: a Linux abstract socket, which is unique on the host like the lab's namespaces. The kernel releases the name when the
 * holder ends for any reason, so no stale lock remains.
 */
const defaultName = "\0foobar-lab";

/** Maximum time in seconds to wait for the holder's name. */
const answerSeconds = 2;

/** Options of {@link takeLock}. */
export interface LockOptions {
  /** Seconds to wait until another holder releases the lock. @default 0 */
  readonly waitSeconds?: number;
  /** Name of the socket. @default "\0foobar-lab" */
  readonly name?: string;
}

/** A lock that is held until it is released or this process ends. */
export interface LabLock {
  release(): Promise<void>;
}

/**
 * Takes the lock, so only this process can change the lab on this host.
 * @param holder description of this process in the error of other processes
 * @throws if another process still holds the lock after the waiting time; the error names the holder
 */
export async function takeLock(
  holder: string,
  { waitSeconds = 0, name = defaultName }: LockOptions = {},
): Promise<LabLock> {
  const words = `${holder} (process ${process.pid}, since ${new Date().toTimeString().slice(0, 8)})`;
  return waitFor("lock", () => listen(name, words), { timeoutSeconds: waitSeconds, pauseSeconds: 1 }).catch(
    async () => {
      throw new Error(`lab: is in use by ${await holderOf(name)}; wait until it ends, or stop it`);
    },
  );
}

/** Listens on the name; returns `undefined` if another process does. */
async function listen(name: string, words: string): Promise<LabLock | undefined> {
  const server = net.createServer((connection) => connection.on("error", () => undefined).end(words));
  server.listen(name).unref();
  const failure = await Promise.race([once(server, "listening").then(() => undefined), once(server, "error")]).catch(
    (error: NodeJS.ErrnoException) => [error],
  );
  if (failure === undefined) return { release: () => new Promise((done) => server.close(() => done())) };
  const [error] = failure as [NodeJS.ErrnoException];
  if (error.code === "EADDRINUSE") return undefined;
  throw error;
}

async function holderOf(name: string): Promise<string> {
  const connection = net.connect(name).setTimeout(answerSeconds * 1000);
  connection.on("timeout", () => connection.destroy(new Error("no answer")));
  return text(connection).catch(() => "another process, which did not report its name");
}
