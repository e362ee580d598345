import { expect, it } from "vitest";
import { refusalOf } from "../../../ops/hetzner/availability.js";

const order = { type: "cpx22", location: "nbg1", image: "debian-13" };
const images = [{ name: "debian-13" }];
const now = new Date("2026-12-01T00:00:00Z");
const type = (name: string, location: object) => ({
  name,
  locations: [{ name: "nbg1", available: true, ...location }],
});

it("the replacement of a server is allowed if Hetzner offers the server type and the image", () => {
  expect(refusalOf(order, [type("cpx22", {})], images, now)).toBeUndefined();
});

it("the replacement of a server is allowed while Hetzner still offers a deprecated server type", () => {
  const deprecation = { unavailable_after: "2026-12-02T00:00:00Z" };
  expect(refusalOf(order, [type("cpx22", { deprecation })], images, now)).toBeUndefined();
});

it.each([
  [
    "the location does not offer the type",
    [type("cpx22", { name: "fsn1" }), type("cx33", {})],
    /^Hetzner does not offer cpx22 in nbg1: .* in stock there: cx33$/,
  ],
  [
    "the type was retired",
    [type("cpx22", { deprecation: { unavailable_after: "2026-11-30T00:00:00Z" } })],
    /^cpx22 cannot be ordered in nbg1 since 2026-11-30/,
  ],
  [
    "the type is out of stock",
    [type("cpx22", { available: false }), type("cx33", {})],
    /^cpx22 is out of stock in nbg1: try again later, .* in stock there: cx33$/,
  ],
])("the replacement of a server is rejected with a list of alternatives if %s", (_, types, refusal) => {
  expect(refusalOf(order, types, images, now)).toMatch(refusal);
});

it("the replacement of a server is rejected if Hetzner has retired the image", () => {
  expect(refusalOf(order, [type("cpx22", {})], [], now)).toBe("Hetzner no longer offers the image debian-13");
});
