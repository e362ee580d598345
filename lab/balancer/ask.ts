import net from "node:net";
import { text } from "node:stream/consumers";

/** Tells a running HAProxy something on its socket. @returns its answer @throws when none listens there */
export async function askHaproxy(socket: string, command: string): Promise<string> {
  const connection = net.connect(socket);
  connection.end(`${command}\n`);
  return text(connection);
}
