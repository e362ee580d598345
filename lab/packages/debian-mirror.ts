import { createHash } from "node:crypto";
import { copyFile, link, mkdir, readFile } from "node:fs/promises";
import path from "node:path";
import { run } from "../system/shell.js";
import { downloadFile, type FetchedPackage } from "./fetcher.js";

/**
 * A partial Debian mirror below `www/<host>/`. The mirror contains Debian's signed indices and only the packages that payloads require, so
 * machines verify the packages with Debian's keys. The mirror returns 404 for all other packages, so an installation of such a package
 * fails.
 */
export class DebianMirror {
  constructor(private readonly www: string) {}

  /** Downloads the indices of a sources.list line into the mirror. */
  async saveIndices(sourceLine: string): Promise<void> {
    const [, uri = "", suite = "", ...components] = sourceLine.split(" ");
    const release = `${uri}/dists/${suite}`;
    await downloadFile(`${release}/InRelease`, this.fileOf(`${release}/InRelease`));
    for (const component of components) {
      const url = `${release}/${component}/binary-amd64/Packages.xz`;
      const file = this.fileOf(url);
      await downloadFile(url, file);
      const hash = createHash("sha256")
        .update(await readFile(file))
        .digest("hex");
      const byHash = path.join(path.dirname(file), "by-hash/SHA256");
      await mkdir(byHash, { recursive: true });
      await link(file, path.join(byHash, hash));
    }
  }

  /** Stores a package at the same path as on the original mirror. */
  async add(fetched: FetchedPackage): Promise<void> {
    const target = this.fileOf(fetched.url);
    await mkdir(path.dirname(target), { recursive: true });
    await copyFile(fetched.file, target);
  }

  /** Returns the file names of all packages in the saved indices. */
  async knownFiles(): Promise<ReadonlySet<string>> {
    const indices = await run("find", [this.www, "-name", "Packages.xz"]);
    const known = new Set<string>();
    for (const index of indices.split("\n")) {
      const text = await run("xz", ["--decompress", "--stdout", index]);
      for (const match of text.matchAll(/^Filename: .*\/(.+)$/gm)) known.add(match[1] ?? "");
    }
    return known;
  }

  private fileOf(url: string): string {
    const { host, pathname } = new URL(url);
    return path.join(this.www, host, decodeURIComponent(pathname));
  }
}
