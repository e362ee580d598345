import { createSocket } from "node:dgram";

/** Seconds from 1900, the epoch of NTP, to 1970, the epoch of Unix time. */
const ntpEpoch = 2_208_988_800;

/** Returns the response of a stratum 1 time server to a request of 48 bytes. @param nowMs time for the response, in Unix milliseconds */
export function timeAnswer(question: Buffer, nowMs: number): Buffer {
  const answer = Buffer.alloc(48);
  answer.set([0b00_100_100, 1]); // no leap second, version 4, mode "server"; stratum 1
  question.copy(answer, 24, 40, 48); // the time that the client sent
  for (const field of [16, 32, 40]) {
    answer.writeUInt32BE(Math.floor(nowMs / 1000) + ntpEpoch, field);
    answer.writeUInt32BE(Math.floor(((nowMs % 1000) / 1000) * 2 ** 32), field + 4);
  }
  return answer;
}

/** Serves the time over SNTP at an address, like pool.ntp.org. */
export function serveTime(address: string, port: number): void {
  const socket = createSocket(address.includes(":") ? "udp6" : "udp4");
  socket.on("message", (question, from) => {
    if (question.length >= 48) socket.send(timeAnswer(question, Date.now()), from.port, from.address);
  });
  socket.bind(port, address);
}
