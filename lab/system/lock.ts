import { once } from "node:events";
import net from "node:net";
import { text } from "node:stream/consumers";
import { waitFor } from "./shell.js";

/**
 * The lock's name, a Linux abstract socket: one for the host, as the lab's namespaces are. The kernel gives the name back when its holder
 * ends, however that happens, so a lock is never left behind.
 */
const defaultName = "\0foobar-lab";

/** Seconds that the holder has to say who it is. A busy one is not waited for longer. */
const answerSeconds = 2;

/** What {@link takeLock} may be told. */
export interface LockOptions {
  /** Seconds to wait for another holder's end. @default 0 */
  readonly waitSeconds?: number;
  /** Name of the socket. @default "\0foobar-lab" */
  readonly name?: string;
}

/** Held until it is released or this process ends. */
export interface Lock {
  release(): Promise<void>;
}

/**
 * Makes this process the only one on this host that may change the lab.
 * @param holder what others are told who want it too
 * @throws when somebody else holds it and goes on holding it; says who
 */
export async function takeLock(
  holder: string,
  { waitSeconds = 0, name = defaultName }: LockOptions = {},
): Promise<Lock> {
  const words = `${holder} (process ${process.pid}, since ${new Date().toTimeString().slice(0, 8)})`;
  return waitFor("lock", () => listen(name, words), { timeoutSeconds: waitSeconds, pauseSeconds: 1 }).catch(
    async () => {
      throw new Error(`lab: is in use by ${await holderOf(name)}; wait for its end, or end it`);
    },
  );
}

/** Listens on the name; `undefined` when somebody else does. */
async function listen(name: string, words: string): Promise<Lock | undefined> {
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
  return text(connection).catch(() => "another process, which does not say its name");
}
