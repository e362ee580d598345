import { afterEach, describe, expect, it, vi } from "vitest";
import { hetznerSite } from "../../../ops/hetzner/site.js";
import { Stack } from "../../../ops/terraform/terraform.js";
import { exampleConfig, exampleSshKey } from "../../support/config.js";
import { temporaryFolder } from "../../support/payload-files.js";

const config = exampleConfig({
  administrators: { cidrs: ["198.51.100.7/32"], sshKeys: { jane: exampleSshKey } },
});
const outputs = { server_addresses: { alpha: { ipv4: "192.0.2.11" } }, ssh_host_keys: { alpha: "ssh-ed25519 AAAA" } };

/** What Terraform tells of each stack, and which stacks it was asked about. */
function told(values: Readonly<Record<string, unknown>>) {
  vi.stubEnv("HCLOUD_TOKEN", "token");
  // What it keeps for ssh until its process ends.
  vi.stubEnv("TMPDIR", temporaryFolder());
  return vi.spyOn(Stack.prototype, "outputs").mockResolvedValue(values);
}

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

describe("an environment at Hetzner", () => {
  it("is read from two stacks, each asked once: in a fresh checkout each fetches its providers then", async () => {
    const asked = told(outputs);
    const { logins } = await hetznerSite(config, "terraform");
    expect([...logins.values()]).toEqual([{ name: "alpha", address: "192.0.2.11", hostKey: "ssh-ed25519 AAAA" }]);
    expect((asked.mock.contexts as readonly Stack[]).map(({ folder }) => folder)).toEqual([
      "cdktf.out/stacks/production-servers",
      "cdktf.out/stacks/production-credentials",
    ]);
  });

  it("that lets nobody in is opened for what needs no login alone", async () => {
    told(outputs);
    const closed = exampleConfig();
    await expect(hetznerSite(closed, "terraform")).rejects.toThrow("production: administrators.cidrs is empty");
    expect((await hetznerSite(closed, "terraform", { needsLogin: false })).config).toBe(closed);
  });

  it("that has never been deployed is named with what to do", async () => {
    told({ ssh_host_keys: {} });
    await expect(hetznerSite(config, "terraform")).rejects.toThrow(
      "cdktf.out/stacks/production-servers: has no output server_addresses; run `npm run synth`, and deploy with this version first",
    );
  });
});
