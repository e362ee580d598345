import { rm } from "node:fs/promises";
import type { Layout } from "./layout.js";
import { detachAll } from "./machine/volume.js";
import { removeAllNamespaces } from "./network/fabric.js";
import { removeAllGroups } from "./system/control-group.js";
import { unmountBelow } from "./system/overlay.js";

/**
 * Takes the lab down, in whatever state it is: what exists is found by the lab's names, not by notes.
 * Processes, namespaces, mounts, loop devices and files go; the caches stay unless `purge` says otherwise.
 */
export async function takeDown(layout: Layout, { purge = false } = {}): Promise<void> {
  await removeAllGroups();
  await removeAllNamespaces();
  await unmountBelow(layout.state);
  await unmountBelow(layout.cache);
  await detachAll(layout.volumes);
  await rm(layout.state, { recursive: true, force: true });
  if (purge) await rm(layout.cache, { recursive: true, force: true });
}
