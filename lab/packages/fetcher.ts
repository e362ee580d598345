import { copyFile, mkdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { Overlay, runInRoot } from "../system/overlay.js";
import { run } from "../system/shell.js";

/** A package file that apt downloaded. */
export interface FetchedPackage {
  /** URL of the package on the original mirror. */
  readonly url: string;
  /** File name in the mirror's pool, for example "nginx_1.26.3-3_amd64.deb". */
  readonly fileName: string;
  /** Path of the downloaded file on this host. */
  readonly file: string;
}

/**
 * Downloads packages that are not in the base system. apt runs in a temporary copy of the base system.
 */
export class Fetcher {
  private constructor(private readonly overlay: Overlay) {}

  /** Creates a copy of the base system, runs `use`, and deletes the copy. */
  static async within<T>(directory: string, baseRoot: string, use: (fetcher: Fetcher) => Promise<T>): Promise<T> {
    const overlay = new Overlay(directory, baseRoot);
    await overlay.remove();
    await overlay.mount();
    try {
      await copyFile("/etc/resolv.conf", path.join(overlay.root, "etc/resolv.conf"));
      return await use(new Fetcher(overlay));
    } finally {
      await overlay.remove();
    }
  }

  /** Adds an apt source and the pins that select packages of this source. */
  async addSource(name: string, line: string, preferences: string): Promise<void> {
    await this.write(`etc/apt/sources.list.d/${name}.list`, `${line}\n`);
    await this.write(`etc/apt/preferences.d/${name}`, preferences);
  }

  /** Downloads the package lists of all apt sources. */
  async update(): Promise<void> {
    await this.apt("update");
  }

  /** Downloads all packages, including dependencies, that an apt-get command (`install …`, `upgrade`) would install. */
  async download(...command: string[]): Promise<FetchedPackage[]> {
    const listing = await this.apt("--print-uris", ...command);
    await this.apt("--download-only", ...command);
    return listing
      .split("\n")
      .map((line) => /^'([^']+)' (\S+) /.exec(line))
      .filter((match) => match !== null)
      .map(([, url = "", cached = ""]) => ({
        url: decodeURIComponent(url),
        fileName: path.posix.basename(decodeURIComponent(url)),
        file: path.join(this.overlay.root, "var/cache/apt/archives", cached),
      }));
  }

  private apt(...args: string[]): Promise<string> {
    return runInRoot(this.overlay.root, [
      "apt-get",
      "-qq",
      "--yes",
      "-o",
      "APT::Keep-Downloaded-Packages=true",
      ...args,
    ]);
  }

  private async write(file: string, content: string): Promise<void> {
    await writeFile(path.join(this.overlay.root, file), content);
  }
}

/** Downloads a file with the apt and the apt settings of this host. */
export async function downloadFile(url: string, target: string): Promise<void> {
  await mkdir(path.dirname(target), { recursive: true });
  const temporary = `${target}.download`;
  await rm(temporary, { force: true });
  await run("/usr/lib/apt/apt-helper", ["download-file", url, temporary]);
  await copyFile(temporary, target);
  await rm(temporary);
}
