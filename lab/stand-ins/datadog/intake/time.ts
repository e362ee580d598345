import { createSocket } from "node:dgram";

/** Seconds between NTP's epoch (1900) and 1970. */
const ntpEpoch = 2_208_988_800;

/** Response of a time server to a request of 48 bytes. It contains this host's time and claims stratum 1. */
export function timeAnswer(question: Buffer, nowMs: number): Buffer {
  const answer = Buffer.alloc(48);
  answer.set([0b00_100_100, 1]); // no leap second, version 4, server; stratum
  question.copy(answer, 24, 40, 48); // the client's time, returned unchanged
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
