import { expect, it } from "vitest";
import { payloadPackages } from "../../lab/packages/payload-packages.js";

const payload = (packages: string[], ...lines: string[]) => ({
  packages,
  apt: {
    preserve_sources_list: true,
    conf: "",
    sources: Object.fromEntries(lines.map((source, index) => [`source-${index}`, { source, key: "" }])),
  },
});

it("payloadPackages lists each package of all payloads once, in sorted order", () => {
  expect(payloadPackages([payload(["nginx", "curl"]), payload(["curl", "mysql-server"])], "trixie").packages).toEqual([
    "curl",
    "mysql-server",
    "nginx",
  ]);
});

it("payloadPackages parses apt source lines with and without options and fills in the Debian release", () => {
  const lines = [
    "deb [signed-by=$KEY_FILE] http://repo.example/apt/ $RELEASE main tools",
    "deb http://other.example stable 7",
  ];
  expect(payloadPackages([payload([], ...lines)], "trixie").sources).toEqual([
    { url: "http://repo.example/apt", suite: "trixie", components: ["main", "tools"] },
    { url: "http://other.example", suite: "stable", components: ["7"] },
  ]);
});

it("payloadPackages rejects an invalid apt source line", () => {
  expect(() => payloadPackages([payload([], "ppa:someone/thing")], "trixie")).toThrow(
    'apt source: must read "deb URL SUITE COMPONENTS", got "ppa:someone/thing"',
  );
});
