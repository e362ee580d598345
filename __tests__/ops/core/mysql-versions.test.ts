import { describe, expect, it } from "vitest";
import { mixRefusal, mysqlVersionOf } from "../../../ops/core/mysql-versions.js";

describe("the version in a package's version", () => {
  it.each([
    ["9.7.4-2", "9.7.4"],
    ["8.4.6-1debian13", "8.4.6"],
    ["1:8.0.43-0ubuntu1", "8.0.43"],
    ["8.4.7-log", "8.4.7"],
    ["none", undefined],
  ])("%s is %s", (text, version) => {
    expect(mysqlVersionOf(text)).toBe(version);
  });
});

describe("which versions of MySQL may be mixed in a group", () => {
  it.each<[string, readonly string[], string, string]>([
    ["up within a long-term series", ["8.4.6", "8.4.6", "8.4.6"], "8.4.6", "8.4.7"],
    ["one of several steps behind there", ["8.4.7", "8.4.9", "8.4.6"], "8.4.6", "8.4.8"],
    ["one of several steps behind in the next one", ["9.7.9", "9.7.9"], "9.7.4", "9.7.5"],
    ["another package of the same version", ["8.4.7", "8.4.7"], "8.4.7", "8.4.7"],
    ["in the next one", ["9.7.4", "9.7.4", "9.7.4"], "9.7.4", "9.7.10"],
    ["up outside of one, for a higher member joins", ["9.5.0", "9.5.0", "9.5.0"], "9.5.0", "9.5.1"],
    ["the last one outside", ["9.5.1", "9.5.1", "9.5.0"], "9.5.0", "9.5.1"],
  ])("allows %s", (_, group, own, next) => {
    expect(mixRefusal(group, own, next)).toBeUndefined();
  });

  it.each<[string, readonly string[], string, string, RegExp]>([
    ["back", ["8.4.7", "8.4.7", "8.4.7"], "8.4.7", "8.4.6", /never made older/],
    ["to another series", ["8.4.7", "8.4.7", "8.4.7"], "8.4.7", "9.7.0", /change `database\.series` and roll that out/],
    ["to 10, as numbers and not as text", ["9.7.4"], "9.7.4", "10.7.0", /another series/],
    [
      "the same after it, where no series is a long-term one",
      ["9.8.3", "9.8.3"],
      "9.8.0",
      "9.8.1",
      /takes no member of 9\.8\.1/,
    ],
    [
      "below the group's lowest outside of a long-term series",
      ["9.5.3", "9.5.3"],
      "9.5.0",
      "9.5.1",
      /takes no member of 9\.5\.1/,
    ],
  ])("refuses %s", (_, group, own, next, words) => {
    expect(mixRefusal(group, own, next)).toMatch(words);
  });
});
