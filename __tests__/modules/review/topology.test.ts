import { describe, expect, it } from "vitest";
import { drawTopology } from "../../../modules/review/drawing.js";
import { topologyOf } from "../../../modules/review/topology.js";
import { hasBrowser, measureInBrowser } from "../../support/browser.js";
import { exampleConfig } from "../../support/config.js";
import { splitServers, spread } from "../../support/servers.js";

const changing = exampleConfig({
  tls: "passthrough",
  network: { balancerIp: "10.0.1.6" },
  loadBalancer: { number: 2, formerly: { tls: "terminate", balancerIp: "10.0.1.5" } },
});
const split = exampleConfig({ servers: splitServers, tls: "passthrough" });
const names = (participants: readonly { readonly name: string }[]) => participants.map(({ name }) => name);
const arrows = (svg: string, kind: string) =>
  svg.match(new RegExp(`<polyline class="${kind} arrow"`, "g"))?.length ?? 0;

describe("the topology", () => {
  it("the topology diagram has the addresses, ports and roles of the configuration", () => {
    const { balancers, databaseServers, webServers, titles } = topologyOf(exampleConfig());
    expect(balancers.map(({ lines, toWeb }) => [...lines, toWeb])).toEqual([
      ["lb11, 10.0.1.5", "terminates TLS", "http 80"],
    ]);
    expect(names(databaseServers)).toEqual(["alpha", "bravo", "charlie"]);
    expect(databaseServers[0]?.lines).toEqual(["cpx22, 10.0.1.11"]);
    expect(databaseServers[0]?.duties.map(({ text }) => text)).toEqual(["web 80", "database 3306"]);
    expect(webServers).toEqual([]);
    expect(titles.network).toBe("private network 10.0.1.0/24, nbg1");
  });

  it("the topology diagram separates servers with only the role web from members of the database group", () => {
    const { balancers, databaseServers, webServers } = topologyOf(split);
    expect(names(webServers)).toEqual(["front"]);
    expect(names(databaseServers)).toEqual(["left", "middle", "right"]);
    expect(balancers[0]?.lines).toContain("passes TLS through");
    expect(balancers[0]?.toWeb).toBe("TLS 443");
  });

  it("during a load balancer migration, the topology diagram includes the previous load balancer with its own settings", () =>
    expect(topologyOf(changing).balancers.map(({ lines, toWeb }) => [...lines, toWeb])).toEqual([
      ["lb11, 10.0.1.6", "passes TLS through", "TLS 443"],
      ["lb11, 10.0.1.5", "terminates TLS", "until the rollout ends", "http 80"],
    ]));

  it("the topology diagram shows the location of each server and load balancer if there are several locations", () => {
    const { balancers, databaseServers, titles } = topologyOf(exampleConfig(spread));
    expect(balancers.map(({ lines }) => lines[0])).toEqual(["lb11, 10.0.1.5, nbg1", "lb11, 10.0.1.6, fsn1"]);
    expect(databaseServers.map(({ lines }) => lines[0])).toEqual([
      "cpx22, 10.0.1.11, nbg1",
      "cpx22, 10.0.1.12, fsn1",
      "cpx22, 10.0.1.13, hel1",
    ]);
    expect(titles.network).toBe("private network 10.0.1.0/24, nbg1, fsn1, hel1");
    expect(["edge", "balancer"].map((kind) => arrows(drawTopology(exampleConfig(spread)), kind))).toEqual([3, 4]);
  });

  it("the topology diagram has a box for each of up to six web servers, and a single box for more", () => {
    const webServers = (count: number) =>
      Object.fromEntries(
        Array.from({ length: count }, (_, index) => [
          `web-${index}`,
          { privateIp: `10.0.1.${140 + index}`, roles: ["web" as const], ...(index === 3 && { type: "cx43" }) },
        ]),
      );
    expect(topologyOf(exampleConfig({ servers: webServers(6) })).webServers).toHaveLength(6);
    const [all, ...others] = topologyOf(exampleConfig({ servers: webServers(7) })).webServers;
    expect(others).toEqual([]);
    expect(all).toMatchObject({ name: "7 servers", lines: ["web-0 to web-6", "cpx22, cx43"] });
  });
});

it("the topology diagram has arrows from visitors to every web server, from web servers to the database group, and to Datadog if used", () => {
  const example = drawTopology(exampleConfig());
  expect(["edge", "balancer", "database", "monitoring"].map((kind) => arrows(example, kind))).toEqual([2, 3, 0, 1]);
  const apart = drawTopology({ ...split, monitoring: { ...split.monitoring, enabled: false } });
  expect(["edge", "balancer", "database", "monitoring"].map((kind) => arrows(apart, kind))).toEqual([2, 1, 1, 0]);
});

it("during a load balancer migration, the topology diagram has arrows through both load balancers to every web server", () => {
  const drawn = drawTopology(changing);
  expect(["edge", "balancer"].map((kind) => arrows(drawn, kind))).toEqual([3, 6]);
});

/**
 * Script that returns, for each text outside its box, by how many pixels the text exceeds the box. The box is the smallest rectangle around
 * the centre of the text.
 */
const farthestOut = `(() => {
  const boxes = [...document.querySelectorAll("rect")].map((box) => box.getBoundingClientRect());
  return [...document.querySelectorAll("text")].map((words) => {
    const { left, right, top, bottom } = words.getBoundingClientRect();
    const around = boxes.filter((box) => box.left < (left + right) / 2 && box.right > (left + right) / 2 && box.top < (top + bottom) / 2 && box.bottom > (top + bottom) / 2)
      .sort((one, other) => one.width - other.width)[0];
    return { text: words.textContent, out: Math.round(Math.max(around.left - left, right - around.right, around.top - top, bottom - around.bottom)) };
  }).filter(({ out }) => out > 0);
})()`;

describe.runIf(hasBrowser("that words of the topology stay in their boxes"))("the drawing in a browser", () => {
  it("text in the topology diagram stays inside its box regardless of the viewer's font", () => {
    const fonts = ["monospace", "sans-serif", "serif", "DejaVu Sans; --spacing: 0.3em"];
    const drawings = [exampleConfig(), split, changing, exampleConfig(spread)].map(drawTopology);
    const page = fonts.flatMap((font) => drawings.map((svg) => `<div style="--font: ${font}">${svg}</div>`));
    const style =
      "<!doctype html><style>.topology text { font-family: var(--font) !important; letter-spacing: var(--spacing, 0) }</style>";
    expect(measureInBrowser(`${style}<body>${page.join("")}`, farthestOut)).toEqual([]);
  });
});
