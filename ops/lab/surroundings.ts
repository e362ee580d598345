import { layout } from "../../lab/layout.js";
import { loadSettings } from "../../lab/settings.js";
import { surroundingSteps } from "../../lab/up.js";
import type { Report } from "../core/site.js";

/** Applies the current code and configuration to all parts of the running lab except its machines. */
export async function renewSurroundings(report: Report): Promise<void> {
  const { overrides } = (await loadSettings(layout)) ?? { overrides: {} };
  for (const { title, run } of surroundingSteps(layout, overrides)) {
    const note = await run();
    report(note === undefined ? title : `${title}: ${note}`);
  }
}
