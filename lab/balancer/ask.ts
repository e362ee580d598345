import net from "node:net";
import { text } from "node:stream/consumers";

/** Sends a command to a HAProxy socket. @returns the response @throws if no HAProxy listens on the socket */
export async function askHaproxy(socket: string, command: string): Promise<string> {
  const connection = net.connect(socket);
  connection.end(`${command}\n`);
  return text(connection);
}
