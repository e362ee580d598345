import { readFileSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { temporaryFolder, writeBelow } from "../../../support/payload-files.js";
import { hasTool, runTool } from "../../../support/tools.js";

describe.runIf(hasTool("python3", "whether nginx has loaded a certificate"))(
  "the check for a loaded certificate",
  () => {
    const program = readFileSync("ops/commands/rotations/files/taken-up.py", "utf8");

    /** An nginx worker process. `after`: start time in seconds after the certificate was written. */
    interface Worker {
      readonly after: number;
      /** True if the worker is shutting down. @default - the worker accepts connections */
      readonly isShuttingDown?: boolean;
      readonly parent?: number;
    }

    const missing = (workers: readonly Worker[], wanted = "new"): string => {
      const folder = temporaryFolder();
      // The certificate was written 100 s ago, 900 s after the kernel started.
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
    const notYet = "nginx has not loaded the certificate; read: journalctl -u nginx";

    it.each<[string, readonly Worker[], string]>([
      ["passes if all workers started after the certificate was written", [{ after: 2 }, { after: 3 }], ""],
      [
        "passes if an old worker is only finishing its last connections",
        [{ after: 2 }, { after: -500, isShuttingDown: true }],
        "",
      ],
      ["fails if one worker is older than the certificate", [{ after: 2 }, { after: -500 }], notYet],
      ["fails if all workers are older, as after a failed reload", [{ after: -500 }], notYet],
      ["fails if nginx has no workers, and ignores the workers of other processes", [{ after: 2, parent: 11 }], notYet],
    ])("during a certificate rotation, the check that nginx has loaded the new certificate %s", (_, workers, said) => {
      expect(missing(workers)).toBe(said);
    });

    it("during a certificate rotation, the check that nginx has loaded the new certificate fails if the file contains another certificate", () => {
      expect(missing([{ after: 2 }], "newer")).toBe("the file contains another certificate");
    });
  },
);
