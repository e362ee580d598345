import { describe, expect, it } from "vitest";
import { haproxyPart } from "../../../../../modules/machine/parts/haproxy/index.js";
import { exampleConfig } from "../../../../support/config.js";
import { contentOf, partOf } from "../../../../support/payload-files.js";
import { spread } from "../../../../support/servers.js";

describe("HAProxy's environment", () => {
  const dropIn = (name: string, config = exampleConfig(spread)) =>
    contentOf(partOf(haproxyPart, config, name), "/etc/systemd/system/haproxy.service.d/own-address.conf");

  it("has a variable for each member far from the server", () => {
    expect(dropIn("alpha")).toContain("\nEnvironment=FAR_10_0_1_13=1\n");
    expect(dropIn("alpha")).not.toContain("FAR_10_0_1_12");
  });

  it("has no such variable, and HAProxy's configuration reads none, if no member is far", () => {
    expect(dropIn("alpha", exampleConfig())).not.toContain("FAR_");
    expect(contentOf(partOf(haproxyPart), "/etc/haproxy/haproxy.cfg")).not.toContain("FAR_");
  });
});
