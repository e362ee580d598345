import { type ChildProcess, spawn } from "node:child_process";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/**
 * A service that a small emulator of systemd keeps running. The emulator holds the listening socket, and starts the next process when the
 * service ends.
 */
export interface Supervised {
  readonly url: string;
  /** Log lines of all processes of the service. */
  readonly lines: Record<string, unknown>[];
  /** Sends SIGTERM to the current process of the service. The emulator then starts the next process. */
  readonly restart: () => void;
  readonly close: () => Promise<void>;
}

/**
 * Shell script that starts processes like systemd with socket activation: descriptor 3 is the socket, and LISTEN_PID is the id of the
 * process.
 */
const loop = `trap 'exit 0' TERM
while :; do
  sh -c 'LISTEN_FDS=1 LISTEN_PID=$$ exec "$@"' sh "$@" & echo '{"message":"started","pid":'$!'}'; wait $!
done`;

export const supervise = async (
  folder: string,
  environment: Readonly<Record<string, string>>,
  command: readonly string[] = [process.execPath, "server.js"],
): Promise<Supervised> => {
  const holder = createServer();
  await new Promise<void>((resolve) => holder.listen(0, "127.0.0.1", resolve));
  const { port } = holder.address() as AddressInfo;
  const { fd } = (holder as unknown as { _handle: { fd: number } })._handle;
  const supervisor = spawn("sh", ["-c", loop, "sh", ...command], {
    cwd: folder,
    env: { PATH: process.env["PATH"], ...environment },
    stdio: ["ignore", "pipe", "inherit", fd],
  });
  await new Promise((resolve) => holder.close(resolve)); // Now only the supervisor holds the socket.
  const lines = collectLines(supervisor);
  const running = (): number => Number(lines.filter(({ message }) => message === "started").at(-1)?.["pid"]);
  return {
    url: `http://127.0.0.1:${port}`,
    lines,
    restart: () => process.kill(running(), "SIGTERM"),
    close: async () => {
      const ended = new Promise((resolve) => supervisor.once("exit", resolve));
      supervisor.kill("SIGTERM");
      await ended;
      process.kill(running(), "SIGKILL");
    },
  };
};

const collectLines = (child: ChildProcess): Record<string, unknown>[] => {
  const lines: Record<string, unknown>[] = [];
  let buffered = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    const parts = (buffered + text).split("\n");
    buffered = parts.pop() ?? "";
    lines.push(...parts.map((part) => JSON.parse(part) as Record<string, unknown>));
  });
  return lines;
};
