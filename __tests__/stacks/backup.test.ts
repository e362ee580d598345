import { expect, it } from "vitest";
import { exampleConfig, exampleBackup } from "../support/config.js";
import { synthesizeEnvironment } from "../support/environment.js";

const { servers } = synthesizeEnvironment(
  exampleConfig({
    backup: exampleBackup,
    restore: { timeline: "7d2f4c56-1f0e-4d0b-8a36-90d5a1c2e7b4", at: "latest" },
  }),
);
const text = JSON.stringify(servers);
const json = JSON.parse(text) as {
  readonly variable: Readonly<Record<string, { readonly default?: string; readonly sensitive: boolean }>>;
  readonly check: Readonly<Record<string, { readonly assert: readonly { readonly condition: string }[] }>>;
  readonly locals: Readonly<Record<string, string>>;
};

it("keys of the backup are variables that are optional for writing and required for a restore", () => {
  const { backup_bucket_keys, restore_bucket_key, restore_private_key } = json.variable;
  expect(backup_bucket_keys).toMatchObject({ sensitive: true, default: "" });
  const all = ["alpha", "bravo", "charlie"].map(
    (name) => `try(jsondecode(var.backup_bucket_keys)["${name}"], "") != ""`,
  );
  expect(json.check["needed_backup_bucket_keys"]?.assert[0]?.condition).toBe(`\${${all.join(" && ")}}`);
  for (const key of [restore_bucket_key, restore_private_key]) {
    expect(key).toMatchObject({ sensitive: true });
    expect(key).not.toHaveProperty("default");
  }
});

it("the key with which a server writes the backup is stored only on this server", () => {
  const taking = Object.entries(json.locals).flatMap(([name, value]) =>
    [...String(value).matchAll(/backup_bucket_keys\)\["(\w+)"\]/g)].map((key) => `${name.split("_")[0]}: ${key[1]}`),
  );
  expect([...new Set(taking)].sort()).toEqual(["alpha: alpha", "bravo: bravo", "charlie: charlie"]);
});

it("the private keys of a restore are stored only on the first member", () => {
  const taking = Object.entries(json.locals).filter(([, value]) => String(value).includes("var.restore_private_key"));
  expect(taking.map(([name]) => name.split("_")[0])).toEqual(["alpha"]);
});
