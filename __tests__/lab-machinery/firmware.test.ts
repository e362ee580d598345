import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { hasTool, runTool } from "../support/tools.js";

const script = fileURLToPath(new URL("../../lab/machine/firmware", import.meta.url));

it.runIf(hasTool("shellcheck", "the lab's firmware"))(
  "the script that boots and reboots a machine passes shellcheck",
  () => {
    expect(runTool("shellcheck", [script])).toEqual({ status: 0, output: "" });
  },
);
