import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { namespaceOf } from "../../../lab/layout.js";
import { fabricHost, privateBridge } from "../../../lab/network/fabric.js";
import { sleep, waitFor } from "../../../lab/system/shell.js";

/** Captured packets of the private network. */
export interface Captured {
  readonly packets: number;
  /** Checks whether a captured packet contains a text. */
  shows(text: string): boolean;
}

/** Captures packets of the private network with tcpdump. */
export class Capture {
  private constructor(
    private readonly directory: string,
    private readonly tcpdump: ChildProcess,
  ) {}

  /**
   * Captures the packets that cross the private network during an action.
   * @param filters tcpdump filters, such as "tcp port 80"; each filter results in a separate capture
   */
  static async during(action: () => Promise<unknown>, ...filters: readonly string[]): Promise<readonly Captured[]> {
    const captures: Capture[] = [];
    try {
      for (const filter of filters) captures.push(await Capture.start(filter));
      await action();
    } finally {
      for (const capture of captures) await capture.stop();
    }
    const captured = await Promise.all(captures.map((capture) => capture.read()));
    await Promise.all(captures.map(({ directory }) => rm(directory, { recursive: true })));
    return captured;
  }

  private static async start(filter: string): Promise<Capture> {
    const directory = await mkdtemp(path.join(tmpdir(), "capture-"));
    const options = [
      "-i",
      privateBridge,
      "--immediate-mode",
      "-U",
      "-s",
      "0",
      "-Z",
      "root",
      "-w",
      path.join(directory, "pcap"),
    ];
    const command = ["netns", "exec", namespaceOf(fabricHost), "tcpdump", ...options, filter];
    const tcpdump = spawn("ip", command, { stdio: ["ignore", "ignore", "pipe"] });
    let words = "";
    tcpdump.stderr.on("data", (text: Buffer) => (words += text.toString()));
    await waitFor("tcpdump", (see) => {
      if (tcpdump.exitCode !== null) throw new Error(words);
      return see(words).includes("listening on");
    });
    return new Capture(directory, tcpdump);
  }

  private async stop(): Promise<void> {
    await sleep(0.5);
    const ended = new Promise((resolve) => this.tcpdump.once("exit", resolve));
    this.tcpdump.kill("SIGINT");
    await ended;
  }

  private async read(): Promise<Captured> {
    const data = await readFile(path.join(this.directory, "pcap"));
    return { packets: countPackets(data), shows: (text) => data.includes(text) };
  }
}

/**
 * Counts the packets in a pcap file. The file has a header of 24 bytes. Before each packet, a record of 16 bytes contains the packet's
 * length.
 */
function countPackets(data: Buffer): number {
  let count = 0;
  for (let at = 24; at + 16 <= data.length; at += 16 + data.readUInt32LE(at + 8)) count++;
  return count;
}
