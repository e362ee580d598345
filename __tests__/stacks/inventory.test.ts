import { describe, expect, it } from "vitest";
import type { Config } from "../../modules/config/schema.js";
import { secretFilesOf } from "../../modules/derived/secrets.js";
import { packagesOf, payloadOf } from "../../modules/machine/compose/index.js";
import { exampleConfig } from "../support/config.js";
import { synthesizeEnvironment } from "../support/environment.js";
import { serverOf } from "../support/servers.js";
import { addressesIn } from "../support/synth.js";

const section = (title: string, lines: readonly string[]): string =>
  [`${title}:`, ...lines.map((line) => `  ${line}`), ""].join("\n");

/** Resources by address, and the packages, files and secret files of the first server. */
function inventoryOf(config: Config): string {
  const server = serverOf(config, "alpha");
  const { shared, own } = secretFilesOf(config, server);
  return [
    ...Object.entries(synthesizeEnvironment(config)).map(([name, stack]) =>
      section(`stack ${name}`, addressesIn(stack)),
    ),
    section("packages of alpha", packagesOf(config, server)),
    section(
      "files of alpha",
      payloadOf(config, server)
        .write_files.map(({ path, permissions = "0644", owner = "root:root" }) => `${path} ${permissions} ${owner}`)
        .sort(),
    ),
    section(
      "secret files of alpha",
      [...shared, ...own]
        .map(({ path, owner, certificate }) => `${path} ${certificate ? "0644" : "0600"} ${owner}`)
        .sort(),
    ),
  ].join("\n");
}

/*
 * The only complete list of an environment's parts, for reviewers of a change: a changed address makes Terraform replace the resource,
 * and added or removed files and packages are visible. Contents and digests are omitted: the change itself shows them, and they would
 * cause conflicts between branches.
 */
describe("the inventory of an environment equals the reviewed inventory", () => {
  const terminate = inventoryOf(exampleConfig()).split("\n");

  it("the inventory equals the reviewed inventory (after an intended change run: npx vitest run -u __tests__/stacks/inventory.test.ts)", async () => {
    await expect(terminate.join("\n")).toMatchFileSnapshot("inventory/terminate.txt");
  });

  it("the inventory with tls passthrough differs from it only by the reviewed lines", async () => {
    const passthrough = inventoryOf(exampleConfig({ tls: "passthrough" })).split("\n");
    const less = terminate.filter((line) => !passthrough.includes(line)).map((line) => `- ${line}\n`);
    const more = passthrough.filter((line) => !terminate.includes(line)).map((line) => `+ ${line}\n`);
    await expect([...less, ...more].join("")).toMatchFileSnapshot("inventory/passthrough.txt");
  });
});
