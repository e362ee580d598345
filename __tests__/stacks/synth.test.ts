import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { afterEach, expect, it, vi } from "vitest";
import { synth } from "../../stacks/synth.js";
import { exampleBackup, exampleInput } from "../support/config.js";
import { temporaryFolder } from "../support/payload-files.js";

afterEach(() => {
  vi.unstubAllEnvs();
});

it.each([
  ["a policy", { backend: { type: "local", acceptLocalState: false } } as const, "policy state-shared"],
  [
    "the check of monitors",
    { monitoring: { monitors: { "disk-full": { reason: "measured to be normal here", critical: 90 } } } },
    "monitoring.monitors.disk-full.critical: must be a share",
  ],
  [
    "the check of state encryption",
    { backend: { type: "local", acceptLocalState: true, encryption: {} } } as const,
    "backend.encryption: must be synthesized for OpenTofu",
  ],
  [
    "the check of the restore time",
    {
      backup: exampleBackup,
      restore: { timeline: "7d2f4c56-1f0e-4d0b-8a36-90d5a1c2e7b4", at: "9999-12-31T00:00:00Z" },
    },
    "restore.at: must be in the past",
  ],
])("the program writes no files if %s rejects the configuration", async (_who, mistake, words) => {
  const folder = temporaryFolder();
  vi.stubEnv("CDKTF_OUTDIR", folder);
  // eslint-disable-next-line no-restricted-syntax -- a fixture of this name: some policies hold only for production
  vi.stubEnv("ENVIRONMENT", "production");
  const importFile = ({ href }: URL) =>
    Promise.resolve({ default: exampleInput(href.includes("production") ? mistake : {}) });
  await expect(synth(importFile)).rejects.toThrow(words);
  const written = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  expect(written.map(({ name }) => name)).toEqual([]);
});

it("the program prints the configuration review and no Node.js warning", () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, ["--import", "tsx", "main.ts"], {
    encoding: "utf8",
    env: { ...process.env, ENVIRONMENT: "example", CDKTF_OUTDIR: temporaryFolder() },
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  expect(stdout).toMatch(/^\s*Review of example/);
});

it("the program rejects a command-line argument, because otherwise it would build production instead of the given environment", () => {
  const folder = temporaryFolder();
  const { status, stderr } = spawnSync(process.execPath, ["--import", "tsx", "main.ts", "staging"], {
    encoding: "utf8",
    env: { ...process.env, CDKTF_OUTDIR: folder },
  });
  expect({ status, stderr }).toEqual({
    status: 1,
    stderr: "synth: takes no arguments, got staging; select an environment with ENVIRONMENT=staging npm run synth\n",
  });
  expect(readdirSync(folder)).toEqual([]);
});
