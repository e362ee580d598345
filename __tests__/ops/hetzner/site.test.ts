import { afterEach, expect, it, vi } from "vitest";
import { hetznerSite } from "../../../ops/hetzner/site.js";
import { Stack } from "../../../ops/terraform/terraform.js";
import { exampleConfig, exampleSshKey } from "../../support/config.js";
import { temporaryFolder } from "../../support/payload-files.js";

const config = exampleConfig({
  administrators: { cidrs: ["198.51.100.7/32"], sshKeys: { jane: exampleSshKey } },
});
const outputs = { server_addresses: { alpha: { ipv4: "192.0.2.11" } }, ssh_host_keys: { alpha: "ssh-ed25519 AAAA" } };

/** Makes every stack return the outputs `values`. @returns a mock that records the queried stacks */
function told(values: Readonly<Record<string, unknown>>) {
  vi.stubEnv("HCLOUD_TOKEN", "token");
  // The ssh files remain in the temporary folder until the process ends.
  vi.stubEnv("TMPDIR", temporaryFolder());
  return vi.spyOn(Stack.prototype, "outputs").mockResolvedValue(values);
}

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

it("npm run ops reads an environment from two Terraform stacks, each queried once, because in a new checkout a query downloads providers", async () => {
  const asked = told(outputs);
  const { logins } = await hetznerSite(config, "terraform");
  expect([...logins.values()]).toEqual([{ name: "alpha", address: "192.0.2.11", hostKey: "ssh-ed25519 AAAA" }]);
  expect((asked.mock.contexts as readonly Stack[]).map(({ folder }) => folder)).toEqual([
    "cdktf.out/stacks/production-servers",
    "cdktf.out/stacks/production-credentials",
  ]);
});

it("without administrator networks, npm run ops allows only commands that need no SSH login", async () => {
  told(outputs);
  const closed = exampleConfig();
  await expect(hetznerSite(closed, "terraform")).rejects.toThrow("production: administrators.cidrs is empty");
  expect((await hetznerSite(closed, "terraform", { needsLogin: false })).config).toBe(closed);
});

it("npm run ops rejects a command with instructions if the environment was never deployed", async () => {
  told({ ssh_host_keys: {} });
  await expect(hetznerSite(config, "terraform")).rejects.toThrow(
    "cdktf.out/stacks/production-servers: has no output server_addresses; run `npm run synth`, and deploy with this version first",
  );
});
