import { describe, expect, it } from "vitest";
import { exampleKeyFile } from "../../support/config.js";
import { lineOf } from "./mistake.js";

const nextKey = { url: "https://repo.mysql.com/next", fingerprints: ["A".repeat(40)], ends: "2029-10-23" };

it("the configuration check rejects two keys for one apt repository", () => {
  const line = lineOf({ aptSources: { mysql: { keyFile: exampleKeyFile, publishedKey: nextKey } } });
  expect(line).toMatch(
    /^aptSources\.mysql: must contain either keyFile or publishedKey, not both, got .*; remove one of the two$/,
  );
});

describe("URLs", () => {
  const releases = "https://releases.foobar.com";
  const plainForm = "must be in normalized form";
  it.each([
    ["HTTPS://releases.foobar.com/a", `${plainForm}, without capitals`],
    ["https://RELEASES.foobar.com/a", plainForm],
    ["https:releases.foobar.com/a", plainForm],
    ["https:\\\\releases.foobar.com\\a", plainForm],
    ["https://releases.foobar.com:443/a", plainForm],
    [`${releases}/a b`, plainForm],
    [` ${releases}/a`, plainForm],
    [`${releases}/a\n`, plainForm],
    [`${releases}/a/../b`, plainForm],
    [`${releases}/\${path.module}`, plainForm],
    ["https://münchen.de/a", "write it as https://xn--mnchen-3ya.de/a"],
    [`${releases}/%zz`, "must contain two hexadecimal digits after each %"],
    [`${releases}/100%`, "must contain two hexadecimal digits after each %"],
    [`${releases}/a'b`, "must not contain the character '"],
    [`${releases}/[1-3]`, "must not contain the character ["],
    [`${releases}/$RELEASE`, "must not contain the character $"],
    [`${releases}/a#b`, "must have no fragment"],
    ["https://", "must be a URL"],
    ["https:///a", "must contain a host that other machines can reach"],
    ["https://releases/a", "must contain a host that other machines can reach"],
    ["https://localhost/a", "must contain a host that other machines can reach"],
    ["https://releases.local/a", "must contain a host that other machines can reach"],
    ["https://releases.foobar.com./a", "must contain a host that other machines can reach"],
    ["https://a_b.foobar.com/a", "must contain a host that other machines can reach"],
    ["https://0x7f.1/a", "must be on the internet"],
    ["https://2130706433/a", "must be on the internet"],
    ["https://[::ffff:10.0.0.1]/a", "must be on the internet"],
    ["ftp://releases.foobar.com/a", "must be an https URL"],
    ["javascript:alert(1)", "must be an https URL"],
  ])("the configuration check rejects the release URL %s", (url, words) => {
    expect(lineOf({ application: { url } })).toMatch(/^application\.url: [^\n]*, got [^\n]*; [^\n]*$/);
    expect(lineOf({ application: { url } })).toContain(words);
  });

  it("the configuration check never shows the password of a URL, regardless of its notation", () => {
    for (const url of [
      "https:\\\\me:s3cret@foobar.com\\a",
      "https:me:s3cret@foobar.com/a",
      "https://me:s3@cret@foobar.com/a",
    ])
      expect(lineOf({ application: { url } })).not.toMatch(/s3|cret/);
  });

  it.each([
    ["javascript:alert(1)", "must be an http or https URL"],
    ["https://wiki.foobar.com/x#y", "must have no fragment, because the alert's name is appended"],
    ["https://wiki/x", "must contain a host that other machines can reach"],
    ["https://wiki.foobar.com/{{is_alert}}", plainForm],
    ["wiki.foobar.com", "must be a URL"],
  ])("the configuration check rejects the runbook URL %s", (runbookUrl, words) => {
    expect(lineOf({ monitoring: { runbookUrl } })).toContain(`monitoring.runbookUrl: ${words}`);
  });

  const state = (changes: object) => ({
    backend: {
      type: "s3",
      acceptLocalState: undefined,
      bucket: "foobar-state",
      endpoint: "https://fsn1.your-objectstorage.com",
      region: "fsn1",
      ...changes,
    },
  });

  it.each(["?a=b", "/path", "#x"])("the configuration check rejects a state endpoint that ends with %s", (end) => {
    expect(lineOf(state({ endpoint: `https://fsn1.your-objectstorage.com/${end.replace(/^\//, "")}` }))).toContain(
      "backend.endpoint: must have no path, no query, no fragment, because Terraform appends its own paths",
    );
  });

  it.each(["../..", "${path.module}", "/a", "a/", "a//b", ".", "a/../b", "", " "])(
    "the configuration check rejects the state prefix %j",
    (prefix) => {
      expect(lineOf(state({ prefix }))).toContain("backend.prefix: must be a folder");
    },
  );
});
