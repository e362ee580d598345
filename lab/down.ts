import { readdir, rm, rmdir } from "node:fs/promises";
import path from "node:path";
import { type Layout, prefix } from "./layout.js";
import { detachAll } from "./machine/volume.js";
import { removeAllNamespaces } from "./network/fabric.js";
import { removeAllGroups } from "./system/control-group.js";
import { unmountBelow } from "./system/overlay.js";

/** Where systemd-nspawn keeps a directory for each machine that it has booted. */
const nspawnDirectories = "/run/systemd/nspawn/propagate";

/**
 * Takes the lab down, in whatever state it is: what exists is found by the lab's names, not by notes.
 * Processes, namespaces, mounts, loop devices and files go; the caches stay unless `purge` says otherwise.
 * @throws AggregateError when something could not be removed, after everything else was
 */
export async function takeDown(layout: Layout, { purge = false } = {}): Promise<void> {
  const steps: (() => Promise<void>)[] = [
    removeAllGroups,
    removeAllNamespaces,
    removeNspawnDirectories,
    () => unmountBelow(layout.state),
    () => unmountBelow(layout.cache),
    () => detachAll(layout.volumes),
    () => rm(layout.state, { recursive: true, force: true }),
    async () => {
      if (purge) await rm(layout.cache, { recursive: true, force: true });
    },
  ];
  const problems: unknown[] = [];
  for (const step of steps) await step().catch((problem: unknown) => problems.push(problem));
  if (problems.length > 0)
    throw new AggregateError(problems, `lab: not all could be removed:\n${problems.map(String).join("\n")}`);
}

async function removeNspawnDirectories(): Promise<void> {
  for (const name of await readdir(nspawnDirectories).catch(() => []))
    if (name.startsWith(`${prefix}-`)) await rmdir(path.join(nspawnDirectories, name));
}
