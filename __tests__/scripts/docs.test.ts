import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import exampleOfAllGroups from "../../docs/environment.example.js";
import { exampleInput } from "../support/config.js";
import { checkEnvironment } from "../../modules/config/check.js";
import { settings, type Setting } from "../../modules/config/settings.js";
import { descriptions } from "../../scripts/docs/descriptions.js";
import { generatedPages } from "../../scripts/docs/pages.js";
import { trafficRules } from "../../modules/derived/traffic/rules.js";

const pages = await generatedPages();

it.each(Object.entries(pages))(
  "the generated documentation page %s is current (otherwise run `npm run docs`)",
  (path, content) => {
    expect(readFileSync(new URL(`../../${path}`, import.meta.url), "utf8")).toBe(content);
  },
);

it("docs/traffic.md shows every traffic rule", () => {
  const rows = pages["docs/traffic.md"]?.split("\n").filter((line) => line.startsWith("| ")) ?? [];
  expect(rows).toHaveLength(trafficRules.length + 2);
});

it("docs/traffic.md shows the condition of each conditional traffic rule", () => {
  const conditional = trafficRules.filter((rule) => rule.when).length;
  expect(pages["docs/traffic.md"]?.match(/; when /g)).toHaveLength(conditional);
});

it("the example environment contains every setting that README's first step lists", () => {
  const [step = ""] = /^1\. \*\*Edit .*$/m.exec(readFileSync("README.md", "utf8")) ?? [];
  const listed = [...step.matchAll(/`([a-zA-Z]+)`/g)].map(([, name]) => name);
  expect(listed).toContain("domain");
  expect(Object.keys(exampleInput())).toEqual(expect.arrayContaining(listed));
});

it("the example of all groups of settings is a valid production environment", () => {
  expect(checkEnvironment("production", exampleOfAllGroups).domain).toBe("foobar.com");
});

describe("the description that an editor shows for a setting", () => {
  const describe = descriptions();
  const shown = settings().map((setting) => ({
    ...setting,
    name: setting.path.join("."),
    text: describe(setting.path),
  }));

  it("every setting with a value has a description that an editor shows", () => {
    const groups = ["object", "list of object"];
    const silent = shown.filter(({ text, type }) => text === "" && !groups.includes(type));
    expect(silent.map(({ name }) => name)).toEqual([]);
  });

  it("docs/configuration.md shows the same default of each setting as the schema", () => {
    const hasDefault = ({ default: value }: Setting): boolean =>
      typeof value !== "object" || JSON.stringify(value).length > 2;
    const wrong = shown.filter(
      (setting) =>
        setting.default !== undefined &&
        hasDefault(setting) &&
        setting.type !== "object" &&
        !setting.text.endsWith(` Default: ${JSON.stringify(setting.default).replaceAll(",", ", ")}.`),
    );
    expect(wrong.map(({ name, text }) => `${name}: ${text}`)).toEqual([]);
  });
});

describe("links between pages", () => {
  const pages = [
    ...readdirSync("."),
    ...["docs", "examples", "lab"].flatMap((folder) =>
      readdirSync(folder, { recursive: true, encoding: "utf8" }).map((file) => join(folder, file)),
    ),
  ].filter((file) => file.endsWith(".md") && !file.includes("node_modules"));
  const withoutCode = (text: string): string => text.replaceAll(/^ *```[^]*?^ *```$/gm, "");
  /** Returns the anchors of a page's headings, as GitHub generates them. */
  const anchorsOf = (page: string): readonly string[] =>
    [...withoutCode(readFileSync(page, "utf8")).matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) =>
      heading
        .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1")
        .toLowerCase()
        .replaceAll(/[^\w\- ]/g, "")
        .replaceAll(" ", "-"),
    );

  it.each(pages)("all links of %s have a target", (page) => {
    const links = [...withoutCode(readFileSync(page, "utf8")).matchAll(/\]\((?!\w+:)([^)\s]+)\)/g)].map(
      ([, to = ""]) => to,
    );
    const dead = links.filter((link) => {
      const [path = "", anchor] = link.split("#");
      const to = path === "" ? page : join(dirname(page), path);
      return !existsSync(to) || (anchor !== undefined && to.endsWith(".md") && !anchorsOf(to).includes(anchor));
    });
    expect(dead).toEqual([]);
  });
});
