import { readFileSync } from "node:fs";
import { join } from "node:path";
import { userInfo } from "node:os";
import { describe, expect, it } from "vitest";
import { temporaryFolder, writeBelow } from "../support/payload-files.js";
import { hasTool, isRoot, runTool } from "../support/tools.js";

const program = readFileSync("ops/core/files/deliver.py", "utf8");

describe.runIf(hasTool("python3", "how secrets are put on servers") && isRoot("how secrets are put on servers"))(
  "a secret that is put on a server",
  () => {
    const deliver = (folder: string, content: string): unknown => {
      const owner = userInfo().username;
      const files = [{ path: join(folder, "secret"), owner, mode: "0600", content }];
      const { output } = runTool(
        "python3",
        ["-I", "-c", program],
        JSON.stringify({ mark: join(folder, "mark"), files }),
      );
      return JSON.parse(output);
    };

    it("is there to the byte, waits to be taken up until that is noted, and is no change the next time", () => {
      const folder = temporaryFolder();
      const text = "ä\r\n\u2028 $'\"\\ end";
      writeBelow(folder, [{ path: "secret", content: "old" }]);
      expect(deliver(folder, text)).toEqual([join(folder, "secret")]);
      expect(readFileSync(join(folder, "secret"), "utf8")).toBe(text);
      expect(deliver(folder, text)).toEqual([join(folder, "secret")]);
      runTool("rm", [join(folder, "mark")]);
      expect(deliver(folder, text)).toEqual([]);
    });
  },
);
