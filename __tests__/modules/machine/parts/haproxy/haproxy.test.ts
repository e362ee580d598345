import { expect, it } from "vitest";
import { packagesOf } from "../../../../../modules/machine/compose/index.js";
import { haproxyPart } from "../../../../../modules/machine/parts/haproxy/index.js";
import type { Config } from "../../../../../modules/config/schema.js";
import { exampleConfig } from "../../../../support/config.js";
import { contentOf, partOf } from "../../../../support/payload-files.js";
import { serverOf, splitServers, spread } from "../../../../support/servers.js";

it("a server without the role web has HAProxy only if there are several locations", () => {
  const hasHaproxy = (config: Config, name: string) => packagesOf(config, serverOf(config, name)).includes("haproxy");
  expect(hasHaproxy(exampleConfig(spread), "charlie")).toBe(true);
  expect(hasHaproxy(exampleConfig({ servers: splitServers }), "left")).toBe(false);
});

it("HAProxy on a server without the role web forwards connections to every possible database member, and uses no relay", () => {
  const text = contentOf(partOf(haproxyPart, exampleConfig(spread), "charlie"), "/etc/haproxy/haproxy.cfg");
  expect(text.match(/^\tserver .* track primary\/.*$/gm)).toHaveLength(16);
  expect(text).not.toContain("-relay ");
});

const dropIn = (name: string, config = exampleConfig(spread)) =>
  contentOf(partOf(haproxyPart, config, name), "/etc/systemd/system/haproxy.service.d/own-address.conf");

it("HAProxy's environment has a variable for each database member in another country than the server", () => {
  expect(dropIn("alpha")).toContain("\nEnvironment=FAR_10_0_1_13=1\n");
  expect(dropIn("alpha")).not.toContain("FAR_10_0_1_12");
});

it("a server without the role web has no variable for distant members, so a removed member does not make this server outdated", () => {
  expect(dropIn("charlie")).not.toContain("FAR_");
});

it("without distant members, HAProxy's environment contains no variable for such members, and HAProxy's configuration reads no such variable", () => {
  expect(dropIn("alpha", exampleConfig())).not.toContain("FAR_");
  expect(contentOf(partOf(haproxyPart), "/etc/haproxy/haproxy.cfg")).not.toContain("FAR_");
});
