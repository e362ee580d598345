import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { Stack } from "../../../ops/terraform/terraform.js";
import { limits } from "../support/instantly.js";
import { recordedTerraform } from "../support/terraform.js";

describe("a copy of a stack", () => {
  it("is for its owner's eyes alone, and goes", async () => {
    const { servers } = recordedTerraform("production", []);
    const copy = await servers.overridden({ resource: {} });
    expect(statSync(copy.folder).mode & 0o777).toBe(0o700);
    await copy.discard();
    expect(existsSync(copy.folder)).toBe(false);
  });

  it("has all that the stack has and the same data, beside what is overridden, whatever an earlier run has left", async () => {
    const { folder, servers } = recordedTerraform("production", []);
    for (const file of ["cdk.tf.json", ".terraform.lock.hcl"]) writeFileSync(join(servers.folder, file), file);
    await servers.overridden({ resource: { old: {} } });
    const copy = await servers.overridden({ resource: { a: {} } });
    const read = (file: string): string => readFileSync(join(copy.folder, file), "utf8");
    expect(["cdk.tf.json", ".terraform.lock.hcl"].map(read)).toEqual(["cdk.tf.json", ".terraform.lock.hcl"]);
    expect(JSON.parse(read("ops_override.tf.json"))).toEqual({ resource: { a: {} } });
    writeFileSync(join(folder, "terraform"), `#!/bin/sh\necho "$TF_DATA_DIR $TF_IN_AUTOMATION"\n`);
    expect(await copy.addresses()).toEqual([`${join(servers.folder, ".terraform")} 1`]);
  });
});

describe("the addresses of a stack", () => {
  it("are none where its state has nothing", async () => {
    expect(await recordedTerraform("production", []).servers.addresses()).toEqual([]);
  });
});

describe("the outputs of a stack", () => {
  it("are read in a fresh checkout too, where Terraform must be made ready first", async () => {
    const { servers, calls } = recordedTerraform("production", [], { server_addresses: {} });
    expect(await servers.outputs()).toEqual({ server_addresses: {} });
    expect(calls()).toEqual(["-chdir=production-servers init", "-chdir=production-servers output -json"]);
  });

  it("are read at once where Terraform is ready", async () => {
    const { servers, calls } = recordedTerraform("production", []);
    mkdirSync(join(servers.folder, ".terraform"));
    writeFileSync(join(servers.folder, ".terraform", "terraform.tfstate"), "{}");
    await servers.outputs();
    expect(calls()).toEqual(["-chdir=production-servers output -json"]);
  });

  it("say what to run where nothing has been synthesized", async () => {
    await expect(new Stack("terraform", "cdktf.out/stacks/nowhere-servers").outputs()).rejects.toThrow(
      /nowhere-servers: is not there; run `npm run synth`/,
    );
  });
});

describe("a stack", () => {
  it("has ten minutes for a plan, and twenty to make what Hetzner is slow with", async () => {
    const given = limits();
    await recordedTerraform("production", [{}]).servers.plan({}, ({ apply }) => apply());
    const [plan, shown, applied] = given;
    expect([plan, shown, applied].map(Number)).toEqual([600, 600, 1200]);
  });
});

describe("a plan that asks a stack before it for what was never deployed", () => {
  it("fails with Terraform's words, and says that a deploy comes first", async () => {
    const { folder, servers } = recordedTerraform("production", []);
    const words =
      "Error: Unsupported attribute\n\n  data.terraform_remote_state.credentials.outputs has no attribute x";
    writeFileSync(join(folder, "fail-plan"), words);
    await expect(servers.plan({}, () => undefined)).rejects.toThrow(`${words}\nA stack before this one`);
    const other = "Error: Unsupported attribute\n\n  hcloud_server.alpha has no attribute x";
    writeFileSync(join(folder, "fail-plan"), other);
    await expect(servers.plan({}, () => undefined)).rejects.toThrow(new RegExp(`failed:\\n${other}$`));
  });
});

describe("a Terraform that is not installed", () => {
  it("is told, with what names another one", async () => {
    const { servers } = recordedTerraform("production", []);
    await expect(new Stack("no-terraform-here", servers.folder).addresses()).rejects.toThrow(
      /ENOENT\nIt is not installed; TERRAFORM_BINARY_NAME names another, such as tofu$/,
    );
  });
});
