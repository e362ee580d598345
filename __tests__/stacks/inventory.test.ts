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

/** Returns the addresses of all resources, and the packages, files and secret files of the first server. */
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
 * The inventory lists all parts of an environment for reviewers of a change. If the address of a resource changes, Terraform replaces the
 * resource. The list also shows added and removed files and packages. Contents and digests are omitted, because the change already shows
 * them, and because they would cause merge conflicts.
 */
describe("the inventory of an environment equals the reviewed inventory", () => {
  const terminate = inventoryOf(exampleConfig()).split("\n");

  it("the list of all Terraform resources equals the reviewed list (after an intended change run: npx vitest run -u __tests__/stacks/inventory.test.ts)", async () => {
    await expect(terminate.join("\n")).toMatchFileSnapshot("inventory/terminate.txt");
  });

  it("the list of all Terraform resources with TLS passthrough differs from the list with TLS termination only by the reviewed lines", async () => {
    const passthrough = inventoryOf(exampleConfig({ tls: "passthrough" })).split("\n");
    const less = terminate.filter((line) => !passthrough.includes(line)).map((line) => `- ${line}\n`);
    const more = passthrough.filter((line) => !terminate.includes(line)).map((line) => `+ ${line}\n`);
    await expect([...less, ...more].join("")).toMatchFileSnapshot("inventory/passthrough.txt");
  });
});
