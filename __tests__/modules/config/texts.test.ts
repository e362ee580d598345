import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { exampleKeyFile } from "../../support/config.js";
import { temporaryFolder } from "../../support/payload-files.js";
import { lineOf, linesOf } from "./mistake.js";

it.each(["192.0.2.1", "2001:db8::1", "foobar.123", "foo..com", "-foo.com", "foobar.com.", "foo_bar.com", "localhost"])(
  "the configuration check rejects the domain %s",
  (domain) => expect(lineOf({ domain })).toContain("domain: must be a domain name"),
);
it.each(["foobar.local", "foobar.internal", "foobar.test", "foobar.localhost"])(
  "the configuration check rejects the domain %s, because it does not exist in the public DNS",
  (domain) => {
    expect(lineOf({ domain })).toContain("domain: must be a domain of the public DNS");
  },
);
it.each(["oobar.com", "r.com", "com"])(
  "the configuration check rejects the zone %s, because it is no parent of the domain although the domain ends with it",
  (zoneName) => {
    expect(lineOf({ cloudflare: { zoneName } })).toContain("cloudflare.zoneName: must be");
  },
);

describe("texts", () => {
  it.each(["@a{{b}}", "@x y", "@", "@@x", "@a\n@b", "@${x}"])(
    "the configuration check rejects the receiver %j of alerts",
    (receiver) => {
      expect(lineOf({ monitoring: { receivers: { urgent: [receiver] } } })).toContain("must be a Datadog handle");
    },
  );
  it("the configuration check rejects more than 20 receivers of alerts", () => {
    const many = Array.from({ length: 21 }, (_, index) => `@a${index}`);
    expect(lineOf({ monitoring: { receivers: { urgent: many } } })).toContain("must have at most 20 entries");
  });
  it.each([
    "a\u202eb is displayed in another order",
    "a\u0000b is cut off",
    "a\ud800b is half a character",
    "a\u200bb is hidden",
    "a\u2028b is two lines",
    "a\uffffb is not a character",
  ])("the configuration check rejects invisible characters: %j", (reason) => {
    expect(lineOf({ monitoring: { monitors: { "cpu-busy": { reason, critical: 4 } } } })).toContain(
      "must not contain invisible characters",
    );
  });
  it.each([
    ["2026-02-30T00:00:00Z", "must be an existing date"],
    ["2027-02-29T00:00:00Z", "must be an existing date"],
    ["2026-12-01T24:00:00Z", "must be an existing date"],
    ["2026-12-01T25:00:00Z", "must be a time in UTC"],
    ["2026-12-01", "must be a time in UTC"],
  ])("the configuration check rejects the time %s", (start, words) => {
    const downtimes = { work: { reason: "new disks arrive", start, end: "2028-01-01T00:00:00Z" } };
    expect(lineOf({ monitoring: { downtimes } })).toContain(`monitoring.downtimes.work.start: ${words}`);
  });
  it.each([
    ["-----BEGIN PGP PRIVATE KEY BLOCK-----", "must be the path of a key file, not its content, got a private key"],
    ["/dev/zero", "must be the path of a readable file"],
    [".", "must be the path of a readable file"],
  ])("the configuration check rejects the key file %s", (keyFile, words) => {
    expect(lineOf({ aptSources: { mysql: { keyFile } } })).toContain(`aptSources.mysql.keyFile: ${words}`);
  });
  it("a file with an apt key must contain exactly one public key and no private key", () => {
    const folder = temporaryFolder();
    const lineWith = (content: string) => {
      writeFileSync(join(folder, "key.asc"), content);
      return lineOf({ aptSources: { mysql: { keyFile: join(folder, "key.asc") } } });
    };
    const key = readFileSync(exampleKeyFile, "utf8");
    expect(lineWith(key)).toBe("");
    expect(lineWith(key.replaceAll("PUBLIC", "PRIVATE"))).toContain("this file contains a private key");
    expect(lineWith(`${key}${key.replaceAll("PUBLIC", "PRIVATE")}`)).toContain("this file contains a private key");
    expect(lineWith(`${key}${key}`)).toContain("must be a file with one armored public key");
    // The file has the same packets, but the first packet has the tag of a secret key (5).
    expect(lineWith(key.replace("mDME", "lDME"))).toContain("must be a file with one armored public key");
  });
});

it.each(["Production", "x", "staging_2", "a-very-long-environment-name"])(
  "the configuration check rejects the environment name %s",
  (name) => {
    expect(linesOf({}, name)).toEqual([
      `environment: must be a name of 2 to 20 lower-case letters, digits and hyphens, beginning with a letter, got "${name}"; rename the file under environments/`,
    ]);
  },
);
