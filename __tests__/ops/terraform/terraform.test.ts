import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it, vi } from "vitest";
import { Stack } from "../../../ops/terraform/terraform.js";
import { limits } from "../support/instantly.js";
import { recordedTerraform } from "../support/terraform.js";

it("a temporary copy of a Terraform stack is readable only by its owner and can be deleted", async () => {
  const { servers } = recordedTerraform("production", []);
  const copy = await servers.overridden({ resource: {} });
  expect(statSync(copy.folder).mode & 0o777).toBe(0o700);
  await copy.discard();
  expect(existsSync(copy.folder)).toBe(false);
});

it("a temporary copy of a Terraform stack has the stack's files and data plus the overrides, regardless of leftovers from an earlier run", async () => {
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

it("the resource list of a Terraform stack is empty if the Terraform state is empty", async () => {
  expect(await recordedTerraform("production", []).servers.addresses()).toEqual([]);
});

it("the outputs of a Terraform stack are read after `terraform init` if the checkout is new", async () => {
  const { servers, calls } = recordedTerraform("production", [], { server_addresses: {} });
  expect(await servers.outputs()).toEqual({ server_addresses: {} });
  expect(calls()).toEqual(["-chdir=production-servers init", "-chdir=production-servers output -json"]);
});

it("the outputs of a Terraform stack are read without `terraform init` if Terraform is already initialized", async () => {
  const { servers, calls } = recordedTerraform("production", []);
  mkdirSync(join(servers.folder, ".terraform"));
  writeFileSync(join(servers.folder, ".terraform", "terraform.tfstate"), "{}");
  await servers.outputs();
  expect(calls()).toEqual(["-chdir=production-servers output -json"]);
});

it("if a Terraform stack was not synthesized, reading its outputs fails with the command to run", async () => {
  await expect(new Stack("terraform", "cdktf.out/stacks/nowhere-servers").outputs()).rejects.toThrow(
    /nowhere-servers: does not exist; run `npm run synth`/,
  );
});

it("npm run ops limits a Terraform plan to ten minutes and sets no time limit for an apply", async () => {
  const given = limits();
  await recordedTerraform("production", [{}]).servers.plan({}, ({ apply }) => apply());
  expect(given.map(Number)).toEqual([600, 600]);
});

it("npm run ops reports each resource change during a Terraform apply, and reports a long change once a minute", async () => {
  const { folder, servers } = recordedTerraform("production", [{}]);
  const lines = [
    "hcloud_server.alpha: Creating...",
    "hcloud_server.alpha: Still creating... [50s elapsed]",
    "hcloud_server.alpha: Still creating... [1m0s elapsed]",
    "hcloud_server.alpha: Creation complete after 1m10s [id=7]",
    "Apply complete! Resources: 1 added, 0 changed, 0 destroyed.",
  ];
  writeFileSync(join(folder, "terraform"), `#!/bin/sh\ncat <<'END'\n${lines.join("\n")}\nEND\n`);
  const said: string[] = [];
  vi.spyOn(JSON, "parse").mockReturnValueOnce({});
  await servers.plan({}, ({ apply }) => apply((line) => said.push(line)));
  expect(said).toEqual([lines[0], lines[2], lines[3]]);
});

it("the managed resources of a Terraform stack are read from the stack's state", async () => {
  const { folder, servers } = recordedTerraform("production", []);
  const attributes = { id: "7" };
  const state = {
    resources: [
      { mode: "managed", type: "hcloud_server", name: "alpha", instances: [{ attributes }] },
      { mode: "managed", type: "hcloud_volume", name: "a", instances: [{ index_key: 0, attributes }] },
      { mode: "data", type: "cloudflare_zone", name: "zone", instances: [{ attributes }] },
    ],
  };
  writeFileSync(join(folder, "terraform"), `#!/bin/sh\necho '${JSON.stringify(state)}'\n`);
  expect(await servers.resources()).toEqual([
    { address: "hcloud_server.alpha", type: "hcloud_server", attributes },
    { address: "hcloud_volume.a[0]", type: "hcloud_volume", attributes },
  ]);
  writeFileSync(join(folder, "terraform"), "#!/bin/sh\n");
  expect(await servers.resources()).toEqual([]);
});

/** Creates a stack whose synthesized JSON in cdktf.out is outdated. */
function ownStack() {
  const { folder, servers, calls } = recordedTerraform("production", [{}]);
  const order: string[] = [];
  const stacks = join(folder, "own", "stacks");
  const synthesize = vi.fn(() => {
    order.push("synthesize");
    mkdirSync(join(stacks, "production-servers"), { recursive: true });
    writeFileSync(join(stacks, "production-servers", "cdk.tf.json"), '{"new":true}');
    return Promise.resolve();
  });
  const identify = vi.fn(() => Promise.resolve(void order.push("identify")));
  return {
    stack: new Stack(join(folder, "terraform"), servers.folder, { stacks, synthesize, identify }),
    calls,
    order,
  };
}

it("if a command synthesizes into its own folder, Terraform plans the JSON of this folder instead of the JSON in cdktf.out", async () => {
  const { stack, calls } = ownStack();
  await stack.init();
  await stack.plan({}, ({ apply }) => apply());
  expect(await stack.configuration()).toBe('{"new":true}');
  expect(calls().map((call) => call.split(" ")[0])).toEqual(Array(4).fill("-chdir=own/stacks/production-servers"));
});

it("a temporary copy of a Terraform stack plans the JSON that the command has synthesized into its own folder", async () => {
  const { stack, calls } = ownStack();
  const copy = await stack.overridden({});
  expect(await copy.configuration()).toBe('{"new":true}');
  await copy.plan({}, () => undefined);
  expect(calls()[0]).toMatch(/^-chdir=own\/stacks\/production-servers-ops plan/);
  await copy.discard();
});

it("the first plan of a Terraform stack verifies the tokens of the environment, even if Terraform is not initialized", async () => {
  const { stack, order, calls } = ownStack();
  await stack.plan({}, () => undefined);
  expect(order.slice(0, 2)).toEqual(["synthesize", "identify"]);
  expect(calls()[0]).toContain(" plan ");
});

it("a Terraform stack in its own folder keeps the provider versions that `terraform init` has locked", async () => {
  const { stack } = ownStack();
  writeFileSync(join(stack.folder, ".terraform.lock.hcl"), "locked");
  await stack.init();
  expect(readFileSync(join(stack.folder, "../own/stacks/production-servers/.terraform.lock.hcl"), "utf8")).toBe(
    "locked",
  );
});

it("if an output of an earlier stack is missing, a Terraform plan fails with Terraform's message and the advice to deploy first", async () => {
  const { folder, servers } = recordedTerraform("production", []);
  const words = "Error: Unsupported attribute\n\n  data.terraform_remote_state.credentials.outputs has no attribute x";
  writeFileSync(join(folder, "fail-plan"), words);
  await expect(servers.plan({}, () => undefined)).rejects.toThrow(
    `${words}\nAn earlier stack does not have this output yet`,
  );
  const other = "Error: Unsupported attribute\n\n  hcloud_server.alpha has no attribute x";
  writeFileSync(join(folder, "fail-plan"), other);
  await expect(servers.plan({}, () => undefined)).rejects.toThrow(new RegExp(`failed:\\n${other}$`));
});

it("if the Terraform binary is missing, npm run ops reports the variable that selects another binary", async () => {
  const { servers } = recordedTerraform("production", []);
  await expect(new Stack("no-terraform-here", servers.folder).addresses()).rejects.toThrow(
    /ENOENT\nIt is not installed; to use another program, such as tofu, set TERRAFORM_BINARY_NAME$/,
  );
});
