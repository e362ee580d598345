import { mkdir } from "node:fs/promises";
import path from "node:path";
import { agentArchive, buildAgentPackage } from "../stand-ins/datadog/agent/package.js";

/** Packages that the lab builds, by the host name of the vendor repository that provides them in production. */
export type LocalPackages = Readonly<Record<string, readonly string[]>>;

/** Builds the packages in `directory`. @returns their .deb files */
export async function localPackages(directory: string): Promise<LocalPackages> {
  const built = path.join(directory, "local-packages");
  await mkdir(built, { recursive: true });
  return { [agentArchive]: [await buildAgentPackage(built)] };
}
