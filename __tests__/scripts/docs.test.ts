import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { settings } from "../../modules/config/settings.js";
import { generatedPages } from "../../scripts/docs/pages.js";
import { trafficRules } from "../../modules/config/traffic/rules.js";

const pages = await generatedPages();

describe("generated pages", () => {
  it.each(Object.entries(pages))("%s is current (`npm run docs` writes it)", (path, content) => {
    expect(readFileSync(new URL(`../../${path}`, import.meta.url), "utf8")).toBe(content);
  });

  it("show every traffic rule", () => {
    const rows = pages["docs/traffic.md"]?.split("\n").filter((line) => line.startsWith("| ")) ?? [];
    expect(rows).toHaveLength(trafficRules.length + 2);
  });

  it("name the setting that a traffic rule depends on", () => {
    const conditional = trafficRules.filter((rule) => rule.when).length;
    expect(pages["docs/traffic.md"]?.match(/\| when /g)).toHaveLength(conditional);
  });
});

describe("settings", () => {
  it("each say what they mean", () => {
    const groups = ["object", "list of object"];
    const silent = settings().filter((setting) => setting.description === "" && !groups.includes(setting.type));
    expect(silent.map((setting) => setting.path.join("."))).toEqual([]);
  });
});
