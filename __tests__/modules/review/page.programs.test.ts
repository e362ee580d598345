import { describe, expect, it } from "vitest";
import { drawTopology } from "../../../modules/review/drawing.js";
import { review } from "../../../modules/review/index.js";
import { monitoringReview } from "../../../modules/review/monitoring.js";
import { renderPage } from "../../../modules/review/page.js";
import { policies } from "../../../modules/review/policies/index.js";
import { hasBrowser, measureInBrowser } from "../../support/browser.js";
import { exampleConfig } from "../../support/config.js";

const config = exampleConfig();
const example = review(config, {
  payloads: ["alpha", "bravo", "charlie"].map((server) => ({ server, bytes: 21_815, hash: "0123456789ab" })),
  policies: [
    { policy: "server-placed", description: "every server is in a firewall", outcome: "passed" },
    {
      policy: "state-shared",
      description: "the state is shared",
      outcome: "accepted",
      details: ["the state is <a local file>"],
    },
  ],
  hasDatadogApiKey: true,
  today: new Date("2026-12-01"),
  sections: [{ title: "Monitors", columns: ["area", "limits"], rows: [["web", "visitors-gone < 1"]] }],
});
const page = renderPage(example, drawTopology(config));

it("the page of the configuration review refers to no other file and contains no script", () => {
  expect(page.match(/\s(?:src|href)=|url\((?!#)|@import|<script|<link/g)).toBeNull();
});

it("the page of the configuration review escapes all text", () => {
  expect(page).toContain("<td>visitors-gone &lt; 1</td>");
  expect(page).toContain("the state is &lt;a local file&gt;");
});

it("the page of the configuration review contains the topology, the content of the text version, each cost and each policy", () => {
  for (const text of [
    "<svg",
    "21.3 KiB",
    "1 passed, 1 accepted, 0 failed",
    "about 82.58 EUR",
    "3 x cpx22",
    "58.47",
    "every server is in a firewall.",
  ])
    expect(page).toContain(text);
  for (const { setting } of example.warnings) expect(page).toContain(`<code>${setting}</code>`);
});

/** Script that finds words whose contrast with the background is less than 4.5 to 1, the minimum of WCAG for text. */
const illegible = `(() => {
  const channels = (color) => color.match(/[\\d.]+/g).map(Number);
  const luminance = (color) => channels(color).slice(0, 3)
    .map((value) => value / 255)
    .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4))
    .reduce((sum, value, index) => sum + value * [0.2126, 0.7152, 0.0722][index], 0);
  const behind = (element) => {
    const box = element.getBoundingClientRect();
    const [x, y] = [(box.left + box.right) / 2, (box.top + box.bottom) / 2];
    const rectangles = [...document.querySelectorAll("rect")].filter((rect) => {
      const { left, right, top, bottom } = rect.getBoundingClientRect();
      return left < x && right > x && top < y && bottom > y;
    });
    if (element.closest("svg")) return getComputedStyle(rectangles.at(-1)).fill;
    for (let each = element; each; each = each.parentElement) {
      const color = getComputedStyle(each).backgroundColor;
      if (channels(color)[3] !== 0) return color;
    }
  };
  return [...document.querySelectorAll("h1, h2, p, li, code, dt, dd, th, td, text")].map((element) => {
    const style = getComputedStyle(element);
    const [dark, light] = [luminance(element.closest("svg") ? style.fill : style.color), luminance(behind(element))].sort((one, other) => one - other);
    return { text: element.textContent, contrast: (light + 0.05) / (dark + 0.05) };
  }).filter(({ contrast }) => contrast < 4.5);
})()`;

describe.runIf(hasBrowser("that the page of the review is legible"))("the page in a browser", () => {
  it.each(["light", "dark"] as const)(
    "the page of the configuration review is legible and no wider than the window in the colour scheme %s",
    (scheme) => {
      const found = measureInBrowser(
        page,
        `({ illegible: ${illegible}, overflow: document.documentElement.scrollWidth - innerWidth, rows: document.querySelectorAll("tr").length, isDark: matchMedia("(prefers-color-scheme: dark)").matches })`,
        scheme,
      );
      expect(found).toMatchObject({ illegible: [], isDark: scheme === "dark" });
      expect(found).toHaveProperty(
        "overflow",
        expect.toSatisfy((pixels: number) => pixels <= 0),
      );
      expect(found).toHaveProperty(
        "rows",
        expect.toSatisfy((rows: number) => rows > 25),
      );
    },
  );
});

/** Returns a page that shows the content in frames of several widths. */
const framed = (content: string, widths: readonly number[]): string =>
  widths
    .map(
      (width) =>
        `<iframe style="width: ${width}px; border: 0" srcdoc="${content.replaceAll("&", "&amp;").replaceAll('"', "&quot;")}"></iframe>`,
    )
    .join("\n");

describe.runIf(hasBrowser("that the page of the review fits narrow windows"))("a whole review in a browser", () => {
  const whole = review(config, {
    payloads: ["alpha", "bravo", "charlie"].map((server) => ({ server, bytes: 21_815, hash: "0123456789ab" })),
    policies: policies.map(({ id, description }) => ({ policy: id, description, outcome: "passed" })),
    hasDatadogApiKey: false,
    today: new Date("2026-12-01"),
    sections: monitoringReview(config),
  });
  const frames = framed(renderPage(whole, drawTopology(config)), [360, 400, 768, 1280]);

  it.each(["light", "dark"] as const)(
    "the page of the configuration review never scrolls sideways and is shorter than 7,000 px at a width of 400 px (%s)",
    (scheme) => {
      const found = measureInBrowser<{ scrolling: string[]; height: number }[]>(
        frames,
        `[...document.querySelectorAll("iframe")].map(({ contentDocument: { documentElement: root } }) => ({
        scrolling: [root, ...root.querySelectorAll("body, div, table, tr, dl, ul, p")].filter((each) => each.scrollWidth > each.clientWidth && each.clientWidth > 0).map((each) => each.tagName),
        height: root.scrollHeight,
      }))`,
        scheme,
      );
      expect(found.map(({ scrolling }) => scrolling)).toEqual([[], [], [], []]);
      expect(found[1]?.height).toBeLessThan(7000);
    },
  );
});
