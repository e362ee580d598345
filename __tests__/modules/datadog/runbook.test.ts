import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { allMonitorIds, areas, monitorIds } from "../../../modules/platform/monitor-ids.js";

const runbook = readFileSync(new URL("../../../docs/runbook.md", import.meta.url), "utf8");
const sections = runbook.split(/^## /m).slice(1);
const headings = sections.map((section) => section.split("\n")[0]);

describe("docs/runbook.md", () => {
  it("docs/runbook.md has exactly one section for each monitor and synthetic test", () => {
    expect([...headings].sort()).toEqual([...allMonitorIds].sort());
  });

  it("docs/runbook.md groups the sections by area, in the order of the catalogue", () => {
    const chapters = runbook.split(/^# /m).slice(2);
    expect(chapters.map((chapter) => chapter.split("\n")[0]?.toLowerCase())).toEqual(areas);
    for (const [index, area] of areas.entries()) {
      const here = [...(chapters[index] ?? "").matchAll(/^## (.*)$/gm)].map(([, heading]) => heading);
      expect(here).toEqual(monitorIds[area]);
    }
  });

  const labelsOf = (section: string): readonly (string | undefined)[] =>
    [...section.matchAll(/^\*\*(.+?):\*\*\s+\S/gm)].map(([, label]) => label);
  const isLink = (section: string): boolean => /^See \[.+\]\(#.+\): this monitor is a part of it\.$/m.test(section);

  it.each(sections.filter((section) => !isLink(section)).map((section) => [section.split("\n")[0], section] as const))(
    "the section %s of the runbook has an action, and optionally checks, steps without SSH and a verification, in this order",
    (_heading, section) => {
      expect(labelsOf(section).join()).toMatch(/^(Check,)?Action(,Without SSH)?(,Verify)?$/);
    },
  );

  it.each(sections.map((section) => [section.split("\n")[0], section] as const))(
    "the section %s of the runbook has steps without SSH if its action runs commands on a server",
    (_heading, section) => {
      const action = section.split("\n**Action:**")[1]?.split(/^\*\*/m)[0] ?? "";
      if (action.includes("```server")) expect(labelsOf(section)).toContain("Without SSH");
    },
  );
});
