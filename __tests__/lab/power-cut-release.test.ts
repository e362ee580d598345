import { mkdtemp, mkdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { shutDownFileSystem } from "../../lab/machine/volume.js";
import { run } from "../../lab/system/shell.js";
import { releasePart } from "../../modules/machine/parts/release/index.js";
import { contentOf, partOf } from "../support/payload-files.js";

/**
 * Returns the size in bytes of a program's file after a power cut. `fetch-release` stores the program in a file system on a loop device.
 * Then an fsync of another program writes the name of the program's folder to the disk. The power cut follows.
 * @param sync shell command that `fetch-release` runs instead of `sync`
 */
async function bytesAfterPowerCut(sync: string): Promise<number> {
  const folder = await mkdtemp(path.join(tmpdir(), "power-cut-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = (name: string): string => path.join(folder, name);
  const program = async (name: string, content: string): Promise<void> =>
    writeFile(file(name), content, { mode: 0o755 });
  await mkdir(file("bin"));
  await program("fetch-release", contentOf(partOf(releasePart), "/usr/local/sbin/fetch-release"));
  await program("bin/curl", `#!/bin/sh\nwhile [ "$1" != --output ]; do shift; done; cp ${file("release.tgz")} "$2"\n`);
  await program("bin/sync", `#!/bin/sh\n${sync}\n`);
  const script = `
    cd ${folder}; chmod 0755 .; mkdir -p release/app disk; head -c 5000 /dev/zero >release/app/server.js; tar -czf release.tgz -C release app
    truncate -s 64M disk.img; mkfs.ext4 -q disk.img; mount -o loop disk.img disk
    PATH=${file("bin")}:$PATH ./fetch-release https://archive.test/r "$(sha256sum <release.tgz | cut -d' ' -f1)" app ${file("disk/opt/app")} >&2
    dd if=/dev/zero of=disk/other bs=1 count=1 conv=fsync status=none
    python3 -c '${shutDownFileSystem}' disk; umount disk
    mount -o loop disk.img disk; stat -c %s disk/opt/app/server.js; umount disk`;
  return Number(await run("unshare", ["--mount", "bash", "-euc", script]));
}

it("`fetch-release` syncs a release's files before it renames the folder, so a power cut does not truncate a file", async () => {
  expect(await bytesAfterPowerCut("true")).toBe(0);
  expect(await bytesAfterPowerCut('exec /bin/sync "$@"')).toBe(5000);
});
