import { readFileSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { temporaryFolder, writeBelow } from "../../../support/payload-files.js";
import { hasTool, runTool } from "../../../support/tools.js";

describe.runIf(hasTool("python3", "whether nginx has taken up a certificate"))("a certificate on a web server", () => {
  const program = readFileSync("ops/commands/rotations/files/taken-up.py", "utf8");

  /** A worker of nginx: seconds after the certificate was written at which it began. */
  interface Worker {
    readonly after: number;
    /** @default - it takes connections */
    readonly isShuttingDown?: boolean;
    readonly parent?: number;
  }

  const missing = (workers: readonly Worker[], wanted = "new"): string => {
    const folder = temporaryFolder();
    // Written a hundred seconds ago, when the kernel had run for 900.
    const ticks = (after: number): number => (900 + after) * 100;
    const stat = ({ after, parent = 10 }: Worker, number: number): string =>
      [number, "(nginx: a (b) c) S", parent, ...Array.from({ length: 17 }, () => 0), ticks(after), 0].join(" ");
    writeBelow(folder, [
      { path: "certificate.pem", content: "new" },
      { path: "nginx.pid", content: "10\n" },
      { path: "proc/uptime", content: "1000.00 1.00\n" },
      ...workers.flatMap((worker, index) => [
        { path: `proc/${20 + index}/stat`, content: stat(worker, 20 + index) },
        {
          path: `proc/${20 + index}/cmdline`,
          content: `nginx: worker process${worker.isShuttingDown ? " is shutting down" : ""}`,
        },
      ]),
    ]);
    const written = Date.now() / 1000 - 100;
    utimesSync(join(folder, "certificate.pem"), written, written);
    const moved = program.replaceAll('"/proc', `"${folder}/proc`);
    const args = ["-I", "-c", moved, join(folder, "certificate.pem"), join(folder, "nginx.pid")];
    return runTool("python3", args, wanted).output.trim();
  };
  const notYet = "nginx has not taken up the certificate; read: journalctl -u nginx";

  it.each<[string, readonly Worker[], string]>([
    ["all that take connections began after it was written", [{ after: 2 }, { after: 3 }], ""],
    ["an old one ends its last connections", [{ after: 2 }, { after: -500, isShuttingDown: true }], ""],
    ["one of them is older", [{ after: 2 }, { after: -500 }], notYet],
    ["all of them are older, as after a reload that failed", [{ after: -500 }], notYet],
    ["it has none, and those of others are no matter", [{ after: 2, parent: 11 }], notYet],
  ])("is taken up by nginx, or not: %s", (_, workers, said) => {
    expect(missing(workers)).toBe(said);
  });

  it("is not taken up where its file holds another", () => {
    expect(missing([{ after: 2 }], "newer")).toBe("its file holds another certificate");
  });
});
