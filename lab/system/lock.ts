import { once } from "node:events";
import net from "node:net";
import { text } from "node:stream/consumers";
import { waitFor } from "./shell.js";

/**
 * Default name of the lock. The lock is a Linux abstract socket, so the name is unique on the host. If the process that holds the lock
 * ends for any reason, the kernel releases the name, so no stale lock remains.
 */
const defaultName = "\0foobar-lab";

/** Time limit in seconds for the response with the name of the process that holds the lock. */
const answerSeconds = 2;

/** Options of {@link takeLock}. */
export interface LockOptions {
  /** Time limit in seconds until another process releases the lock. @default 0 */
  readonly waitSeconds?: number;
  /** Name of the lock's socket. @default "\0foobar-lab" */
  readonly name?: string;
}

/** A lock that this process holds until `release` is called or the process ends. */
export interface LabLock {
  release(): Promise<void>;
}

/**
 * Acquires the lock. While this process holds the lock, no other process can change the lab on this host.
 * @param holder description of this process. Other processes show the description if they cannot acquire the lock.
 * @throws if another process still holds the lock after `waitSeconds`; the error contains the description of that process
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

/** Tries to acquire the lock once. Returns `undefined` if another process holds the lock. */
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
