import { readdir, rm, rmdir } from "node:fs/promises";
import path from "node:path";
import { type Layout, prefix } from "./layout.js";
import { detachAll } from "./machine/volume.js";
import { removeAllNamespaces } from "./network/fabric.js";
import { removePartialBuilds } from "./system/cache.js";
import { removeAllGroups } from "./system/control-group.js";
import { unmountBelow } from "./system/overlay.js";

/** Directory in which systemd-nspawn creates a folder for each booted machine. */
const nspawnDirectories = "/run/systemd/nspawn/propagate";

/**
 * Removes the lab in any state. The function finds the lab's resources by their names, so stored state is not necessary.
 * Removes processes, namespaces, mounts, loop devices and files. Keeps the lab's cache unless `purge` is set.
 * @throws AggregateError after all other resources are removed if a resource could not be removed
 */
export async function takeDown(layout: Layout, { purge = false } = {}): Promise<void> {
  const steps: (() => Promise<void>)[] = [
    removeAllGroups,
    removeAllNamespaces,
    removeNspawnDirectories,
    () => unmountBelow(layout.state),
    () => unmountBelow(layout.cache),
    () => detachAll(layout.volumes),
    () => rm(layout.volumes, { recursive: true, force: true }),
    () => rm(layout.state, { recursive: true, force: true }),
    () => removePartialBuilds(layout.cache),
    async () => {
      if (purge) await rm(layout.cache, { recursive: true, force: true });
    },
  ];
  const problems: unknown[] = [];
  for (const step of steps) await step().catch((problem: unknown) => problems.push(problem));
  if (problems.length > 0)
    throw new AggregateError(
      problems,
      `lab: could not remove everything; run \`npm run lab down\` again:\n${problems.map(String).join("\n")}`,
    );
}

async function removeNspawnDirectories(): Promise<void> {
  for (const name of await readdir(nspawnDirectories).catch(() => []))
    if (name.startsWith(`${prefix}-`)) await rmdir(path.join(nspawnDirectories, name));
}
