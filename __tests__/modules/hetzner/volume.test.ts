import { describe, expect, it } from "vitest";
import type { Config } from "../../../modules/config/schema.js";
import { DataVolume } from "../../../modules/hetzner/volume.js";
import { exampleConfig } from "../../support/config.js";
import { serverOf } from "../../support/servers.js";
import { onlyResource, synthesize } from "../../support/synth.js";

const volume = (config: Config) =>
  onlyResource(
    synthesize(config, (stack) => new DataVolume(stack, "data", { config, server: serverOf(config, "alpha") })),
    "hcloud_volume",
  );

describe("DataVolume", () => {
  it("by default has 20 GB and cannot be destroyed, neither by a plan nor by hand", () => {
    expect(volume(exampleConfig())).toEqual({
      name: "production-alpha-data",
      size: 20,
      location: "nbg1",
      delete_protection: true,
      labels: {
        environment: "production",
        "managed-by": "cdktf",
        server: "alpha",
        "role-web": "true",
        "role-database": "true",
      },
      lifecycle: { prevent_destroy: true },
    });
  });

  it("takes size, location and protection from the configuration", () => {
    const config = exampleConfig({ database: { volumeSizeGb: 500 }, location: "fsn1", protect: false }, "staging");
    expect(volume(config)).toMatchObject({
      name: "staging-alpha-data",
      size: 500,
      location: "fsn1",
      delete_protection: false,
      lifecycle: { prevent_destroy: false },
    });
  });

  it("leaves the file system to the server, so that no plan pretends to format", () => {
    expect(volume(exampleConfig())).not.toHaveProperty("format");
  });
});
