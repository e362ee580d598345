import { mkdir } from "node:fs/promises";
import path from "node:path";
import { agentArchive, buildAgentPackage } from "../stand-ins/datadog/agent/package.js";

/**
 * Paths of the packages that the lab builds, with the host name of the vendor's repository as the key.
 */
export type LocalPackages = Readonly<Record<string, readonly string[]>>;

/** Builds the lab's packages in `directory`. @returns paths of the .deb files */
export async function localPackages(directory: string): Promise<LocalPackages> {
  const built = path.join(directory, "local-packages");
  await mkdir(built, { recursive: true });
  return { [agentArchive]: [await buildAgentPackage(built)] };
}
