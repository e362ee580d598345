import { expect, it } from "vitest";
import { exampleConfig } from "../../support/config.js";
import { synthesize } from "../../support/synth.js";

const backend = (config = exampleConfig()) => synthesize(config, () => undefined).terraform.backend;

it("every stack requires a version of Terraform or OpenTofu that supports locks of a state in an object storage", () => {
  expect(synthesize(exampleConfig(), () => undefined).terraform.required_version).toBe(">= 1.10");
});

it("a local state is stored under state/ by a path that is the same in every checkout", () => {
  expect(backend()).toEqual({ local: { path: "../../../state/production-test.tfstate" } });
});

const s3 = { type: "s3", bucket: "foobar-state", endpoint: "https://fsn1.your-objectstorage.com", region: "fsn1" };
const settings = {
  bucket: "foobar-state",
  key: "production/production-test.tfstate",
  region: "fsn1",
  endpoints: { s3: "https://fsn1.your-objectstorage.com" },
  use_path_style: true,
  use_lockfile: true,
  skip_credentials_validation: true,
  skip_metadata_api_check: true,
  skip_region_validation: true,
  skip_requesting_account_id: true,
  skip_s3_checksum: true,
};
/** Removes the setting `acceptLocalState` of the example, because an object storage does not need it. */
const noFile = { acceptLocalState: undefined };
const backendOf = (extra: { prefix?: string }) =>
  backend(exampleConfig({ backend: { ...noFile, ...s3, type: "s3", ...extra } }));

it("a state in an object storage is locked, uses no Amazon service and contains no credentials", () => {
  expect(backendOf({})).toEqual({ s3: settings });
});

it("a state in an object storage is stored under the configured prefix", () => {
  expect(backendOf({ prefix: "shop" })).toEqual({ s3: { ...settings, key: "shop/production-test.tfstate" } });
});
