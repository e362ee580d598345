import { expect, it } from "vitest";
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

it("the data volume has 20 GB by default and cannot be destroyed by a plan or manually", () => {
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

it("the data volume has the configured size, location and protection", () => {
  const config = exampleConfig({ database: { volumeSizeGb: 500 }, location: "fsn1", protect: false }, "staging");
  expect(volume(config)).toMatchObject({
    name: "staging-alpha-data",
    size: 500,
    location: "fsn1",
    delete_protection: false,
    lifecycle: { prevent_destroy: false },
  });
});
