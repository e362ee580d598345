import { readdirSync } from "node:fs";
import { afterEach, expect, it, vi } from "vitest";
import { synth } from "../../stacks/synth.js";
import { exampleInput } from "../support/config.js";
import { temporaryFolder } from "../support/payload-files.js";

afterEach(() => vi.unstubAllEnvs());

it.each([
  ["a policy", { backend: { type: "local", acceptLocalState: false } } as const, "policy state-shared"],
  [
    "the catalogue of monitors",
    { monitoring: { monitors: { "disk-full": { reason: "measured to be normal here", critical: 90 } } } },
    "monitoring.monitors.disk-full.critical: must be a share",
  ],
  [
    "Terraform, which cannot encrypt state,",
    { backend: { type: "local", acceptLocalState: true, encryption: {} } } as const,
    "backend.encryption: must be synthesized for OpenTofu",
  ],
])("an app run that %s refuses writes nothing", async (_who, mistake, words) => {
  const folder = temporaryFolder();
  vi.stubEnv("CDKTF_OUTDIR", folder);
  vi.stubEnv("ENVIRONMENT", "production");
  await expect(synth(() => Promise.resolve({ default: exampleInput(mistake) }))).rejects.toThrow(words);
  const written = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  expect(written.map(({ name }) => name)).toEqual([]);
});
