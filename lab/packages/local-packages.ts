import { mkdir } from "node:fs/promises";
import path from "node:path";
import { agentArchive, buildAgentPackage } from "../stand-ins/datadog/agent/package.js";

/** Packages that the lab builds itself, by the host name of the vendor whose repository offers them on a real server. */
export type LocalPackages = Readonly<Record<string, readonly string[]>>;

/** Builds them into `directory` and names the .deb files. */
export async function localPackages(directory: string): Promise<LocalPackages> {
  const built = path.join(directory, "local-packages");
  await mkdir(built, { recursive: true });
  return { [agentArchive]: [await buildAgentPackage(built)] };
}
