import { describe, expect, it } from "vitest";
import { differences } from "../../scripts/cdktn/compare.js";
import { renamed, withAliases, withVersions } from "../../scripts/cdktn/rename.js";

describe("the move to cdktn", () => {
  it.each([
    ['import { Lazy } from "cdktf";', 'import { Lazy } from "cdktn";'],
    ['import("cdktf/lib/x")', 'import("cdktn/lib/x")'],
    ['const cdktf = require("cdktf");', 'const cdktf = require("cdktn");'],
    ['require.resolve("cdktf-cli/bundle/bin/cdktf")', 'require.resolve("cdktn-cli/bin/cdktn")'],
    ['from "@cdktf/provider-random/lib/password/index.js"', 'from "@cdktn/provider-random/lib/password/index.js"'],
    ['"cdktf": "0.21.0", "cdktf-cli": "0.21.0"', '"cdktn": "0.21.0", "cdktn-cli": "0.21.0"'],
    ["npx cdktf deploy (#what-npx-cdktf-deploy-does)", "npx cdktn deploy (#what-npx-cdktn-deploy-does)"],
  ])("the migration script to cdktn renames %s", (before, after) => {
    expect(renamed(before, [])).toBe(after);
  });

  it.each([
    '"managed-by": "cdktf",',
    "'label managed-by must be \"cdktf\", got undefined'",
    'join("cdktf.out", "cdktf.json")',
    "server.cdktfStack, CDKTF_OUTDIR",
  ])("the migration script to cdktn does not rename %s", (text) => {
    expect(renamed(text, [])).toBe(text);
  });

  it("the migration script to cdktn keeps the provider packages that cannot be fetched", () => {
    const text = 'from "@cdktf/provider-tls/lib/provider/index.js"';
    expect(renamed(text, ["tls"])).toBe(text);
  });

  it("the migration script to cdktn replaces only the versions of packages that belong to cdktn", () => {
    const text = JSON.stringify({ dependencies: { cdktn: "1", zod: "4" }, devDependencies: { "cdktn-cli": "1" } });
    expect(JSON.parse(withVersions(text, { cdktn: "2", "cdktn-cli": "3", constructs: "9" }))).toEqual({
      dependencies: { cdktn: "2", zod: "4" },
      devDependencies: { "cdktn-cli": "3" },
    });
  });

  it("the trial of cdktn installs cdktn under the package names of cdktf", () => {
    const text = JSON.stringify({ dependencies: { cdktf: "0.21.0", constructs: "9" } });
    expect(JSON.parse(withAliases(text, { cdktn: "2", "cdktn-cli": "3", constructs: "8" }))).toEqual({
      dependencies: { cdktf: "npm:cdktn@2", constructs: "8" },
    });
  });
});

describe("the comparison of synthesized files", () => {
  const stack = (version: string, provider: string, server = "alpha") =>
    JSON.stringify({
      "//": { metadata: { stackName: "servers", version } },
      resource: { server },
      terraform: { required_providers: { tls: { source: "hashicorp/tls", version: provider } } },
    });
  const files = (text: string, path = "cdk.tf.json") => new Map([[path, text]]);

  it("the comparison of synthesized files ignores the version of cdktf in stacks and in the manifest", () => {
    expect(differences(files(stack("0.21.0", "4")), files(`${stack("0.24.0", "4")}\n`))).toEqual([]);
    const manifest = (version: string) => files(JSON.stringify({ version, stacks: {} }), "manifest.json");
    expect(differences(manifest("0.21.0"), manifest("0.24.0"))).toEqual([]);
  });

  it("the comparison of synthesized files ignores versions of providers only if requested", () => {
    const [before, after] = [files(stack("0.21.0", "4.1.0")), files(stack("0.21.0", "4.4.1"))];
    expect(differences(before, after)).toHaveLength(1);
    expect(differences(before, after, { providerVersions: false })).toEqual([]);
  });

  it("the comparison of synthesized files reports a changed value with both texts, and a file that exists on only one side", () => {
    expect(differences(files(stack("1", "4")), files(stack("1", "4", "bravo")))[0]).toMatch(
      /^cdk\.tf\.json: .*"alpha".* -> .*"bravo"/,
    );
    expect(differences(files("", "a"), files("", "b"))).toEqual([
      "a: is missing with cdktn",
      "b: exists only with cdktn",
    ]);
  });

  it("the comparison of synthesized files reports a changed order of keys, and any change of a file other than JSON", () => {
    expect(differences(files('{"a":1,"b":2}'), files('{"b":2,"a":1}'))).toHaveLength(1);
    expect(differences(files("a", "review.txt"), files("a\n", "review.txt"))).toHaveLength(1);
  });
});
