import { chmod, cp, mkdir, readdir, rm, utimes } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { run } from "../../../system/shell.js";

/** Host name of the vendor's package archive. */
export const agentArchive = "apt.datadoghq.com";

/** Target path of each file of the package, the same as in the vendor's package. */
const tree = {
  DEBIAN: "DEBIAN",
  agent: "opt/datadog-agent/bin/agent/agent",
  "datadog-agent.service": "usr/lib/systemd/system/datadog-agent.service",
} as const;

const executable = [tree.agent, "DEBIAN/postinst", "DEBIAN/prerm"];

/** Fixed modification time of all files, so builds are reproducible. */
const date = new Date("2026-01-01T00:00:00Z");

/**
 * Builds the lab's package `datadog-agent` with the vendor's name, unit, user and paths. The package's description says that the package
 * is a stand-in.
 * @returns path of the .deb file in `directory`
 */
export async function buildAgentPackage(directory: string): Promise<string> {
  const root = path.join(directory, "datadog-agent");
  const target = path.join(directory, "datadog-agent_7.0.0~lab1_all.deb");
  await rm(root, { recursive: true, force: true });
  for (const [source, destination] of Object.entries(tree))
    await cp(fileURLToPath(new URL(source, import.meta.url)), path.join(root, destination), { recursive: true });
  await mkdir(path.join(root, "etc/datadog-agent/conf.d"), { recursive: true });
  await settle(root, "");
  const environment = { SOURCE_DATE_EPOCH: String(date.getTime() / 1000) };
  await run("dpkg-deb", ["--build", "--root-owner-group", root, target], { environment });
  await rm(root, { recursive: true });
  return target;
}

/** Sets the mode and modification time of all files recursively, so the package does not depend on the umask or the checkout. */
async function settle(root: string, name: string): Promise<void> {
  const full = path.join(root, name);
  const entries = await readdir(full, { withFileTypes: true }).catch(() => undefined);
  for (const entry of entries ?? []) await settle(root, path.join(name, entry.name));
  await chmod(full, entries !== undefined || executable.includes(name) ? 0o755 : 0o644);
  await utimes(full, date, date);
}
