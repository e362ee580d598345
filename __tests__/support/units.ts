import { join } from "node:path";
import { temporaryFolder, writeBelow } from "./payload-files.js";
import { runTool } from "./tools.js";

/** What systemd says of a vendor's unit with our drop-in: complaints, and how exposed the service is (0 to 10, 9.6 with no drop-in). */
export function judgeDropIn(unit: string, dropIn: string): { readonly complaints: string; readonly exposure: number } {
  const folder = temporaryFolder();
  writeBelow(folder, [
    { path: unit, content: "[Service]\nExecStart=/bin/true\n" },
    { path: `${unit}.d/platform.conf`, content: dropIn },
  ]);
  const path = join(folder, unit);
  const { output } = runTool("systemd-analyze", ["security", "--offline=true", "--no-pager", path]);
  return {
    complaints: runTool("systemd-analyze", ["verify", path]).output,
    exposure: Number(/Overall exposure level for \S+: ([0-9.]+)/.exec(output)?.[1]),
  };
}
