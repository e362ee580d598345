import { describe, expect, it } from "vitest";
import { svg } from "../../../modules/review/drawing.js";
import { exampleConfig } from "../../support/config.js";
import { splitServers } from "../../support/servers.js";

/** Values of an attribute of the drawing's elements of one kind, in their order. */
const attribute = (drawing: string, element: string, name: string): readonly string[] =>
  [...drawing.matchAll(new RegExp(`<${element} [^>]*?\\b${name}="([^"]*)"[^>]*class="(?:box|line)"`, "g"))].map(
    ([, value = ""]) => value,
  );

describe("the drawing", () => {
  const config = exampleConfig();
  const drawing = svg(config);

  it("has a box for visitors, Cloudflare, balancer and every server, with their texts", () => {
    expect(attribute(drawing, "rect", "x")).toHaveLength(6);
    for (const text of [
      "Visitors",
      "www.foobar.com",
      "lb11, 10.0.1.5",
      "alpha",
      "bravo",
      "charlie",
      `${config.serverType}, 10.0.1.13`,
    ])
      expect(drawing).toContain(`>${text}</text>`);
  });

  it("has the servers below one another, at the right of the balancer", () => {
    expect(attribute(drawing, "rect", "x")).toEqual(["40", "340", "640", "940", "940", "940"]);
    expect(attribute(drawing, "rect", "y").slice(3)).toEqual(["80", "176", "272"]);
  });

  it("draws two connections to the balancer, three from it, and three arcs of replication with arrows at both ends", () => {
    expect(attribute(drawing, "path", "d")).toHaveLength(8);
    expect(drawing.match(/marker-start/g)).toHaveLength(3);
    expect(drawing.match(/>replication 33061</g)).toHaveLength(3);
  });

  it("has a column for web servers and one for database members when they are apart", () => {
    const apart = svg(exampleConfig({ servers: splitServers }));
    expect(attribute(apart, "rect", "x").slice(3)).toEqual(["940", "1240", "1240", "1240"]);
    expect(apart.match(/>MySQL 3306</g)).toHaveLength(3);
  });

  it("is as wide and as high as what it shows", () => {
    expect(drawing).toContain('viewBox="0 0 1415 416"');
  });
});
