import { copyFile, mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import type { RepositoryKey } from "../keys/repository-key.js";
import { run } from "../system/shell.js";
import type { PayloadSource } from "./payload-packages.js";

/**
 * Creates a local copy of a vendor's repository with the same host name, path, suite and components. The lab's key signs the copy.
 * Every component contains the same packages.
 */
export async function makeVendorRepository(
  www: string,
  source: PayloadSource,
  debFiles: readonly string[],
  key: RepositoryKey,
): Promise<void> {
  const { host, pathname } = new URL(source.url);
  const root = path.join(www, host, pathname);
  const release = path.join("dists", source.suite);
  await mkdir(path.join(root, "pool"), { recursive: true });
  for (const file of debFiles) await copyFile(file, path.join(root, "pool", path.basename(file)));
  const index = await run("apt-ftparchive", ["packages", "pool"], { directory: root });
  for (const component of source.components) {
    const directory = path.join(root, release, component, "binary-amd64");
    await mkdir(directory, { recursive: true });
    await writeFile(path.join(directory, "Packages"), `${index}\n`);
  }
  const settings = {
    Origin: host,
    Suite: source.suite,
    Codename: source.suite,
    Components: source.components.join(" "),
    Architectures: "amd64",
  };
  const options = Object.entries(settings).flatMap(([name, value]) => [
    "-o",
    `APT::FTPArchive::Release::${name}=${value}`,
  ]);
  const releaseText = await run("apt-ftparchive", [...options, "release", release], { directory: root });
  await writeFile(path.join(root, release, "Release"), `${releaseText}\n`);
  await key.clearSign(path.join(root, release, "Release"), path.join(root, release, "InRelease"));
}
