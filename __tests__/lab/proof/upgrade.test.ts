import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { wantedPackages } from "../../../lab/blueprint.js";
import { settled } from "../../../lab/group.js";
import type { Lab } from "../../../lab/lab.js";
import { makeVendorRepository } from "../../../lab/packages/vendor-repository.js";
import { publishedFiles } from "../../../lab/releases.js";
import { run } from "../../../lab/system/shell.js";
import { figure } from "../support/figures.js";
import { labInAnyMode } from "../support/lab-in-mode.js";
import { ops, statusNow } from "../support/operator.js";
import { unnoticed } from "../support/under-load.js";

let lab: Lab;
let scratch: string;
beforeAll(async () => {
  lab = await labInAnyMode();
  scratch = await mkdtemp(path.join(tmpdir(), "upgrade-"));
});
afterAll(async () => {
  await rm(scratch, { recursive: true, force: true });
  await rm(path.join(publishedFiles(lab.layout), host), { recursive: true, force: true });
  for (const machine of lab.machines) await machine.exec(["apt-get", "--quiet=2", "update"]);
});

const host = "repo.mysql.com";

/** Publishes a copy of MySQL's server package whose version ends with "+1". @returns the new version */
async function publishNextMysql(): Promise<string> {
  const source = wantedPackages(lab.blueprint).sources.find(({ url }) => new URL(url).hostname === host);
  const { directories } = JSON.parse(await readFile(path.join(lab.layout.services, "internet.json"), "utf8")) as {
    directories: readonly string[];
  };
  const pool = path.join(directories.at(-1) ?? "", host, new URL(source?.url ?? "").pathname, "pool");
  const name = (await readdir(pool)).find((file) => file.startsWith("mysql-server_"));
  if (source === undefined || name === undefined) throw new Error(`no mysql-server in ${pool}`);
  const folder = path.join(scratch, "unpacked");
  await run("dpkg-deb", ["--raw-extract", path.join(pool, name), folder]);
  const control = path.join(folder, "DEBIAN/control");
  const text = await readFile(control, "utf8");
  const version = `${/^Version: (.*)$/m.exec(text)?.[1]}+1`;
  await writeFile(control, text.replace(/^Version: .*$/m, `Version: ${version}`));
  const next = path.join(scratch, `mysql-server_${version}_amd64.deb`);
  await run("dpkg-deb", ["--build", "-Zgzip", "-z1", folder, next]);
  await makeVendorRepository(publishedFiles(lab.layout), source, [next], lab.blueprint.repositoryKey);
  return version;
}

describe("an upgrade of MySQL's package with a reboot of every server", () => {
  it("an upgrade of MySQL's package updates MySQL and reboots three servers one at a time without a failed request", async () => {
    const group = await settled(lab);
    const version = await publishNextMysql();
    for (const machine of lab.machines) await machine.exec(["touch", "/run/reboot-required"]);
    const boots = async () => (await statusNow()).servers.map(({ observation }) => observation?.bootId);
    const before = await boots();
    const dry = await ops("upgrade", "--dry-run");
    expect(dry).toMatchObject({ exitCode: 0 });
    expect(
      dry.stdout.match(new RegExp(`upgrades mysql-server \\S+ -> ${version.replaceAll("+", "\\+")}; a reboot`, "g")),
    ).toHaveLength(3);

    const { result, told } = await unnoticed(lab, group, () => ops("upgrade"));
    expect(result).toMatchObject({ exitCode: 0, stderr: "" });
    for (const machine of lab.machines) {
      const installed = await machine.exec([
        "dpkg-query",
        "--showformat=${Version} ${db:Status-Abbrev}",
        "--show",
        "mysql-server",
      ]);
      expect(`${machine.name} ${installed.trim()}`).toBe(`${machine.name} ${version} ii`);
    }
    const after = await boots();
    expect(after.filter((boot, index) => boot !== undefined && boot !== before[index])).toHaveLength(3);
    expect(await statusNow()).toMatchObject({ needsHand: [], lock: null });
    expect((await ops("upgrade")).stdout).toContain("nothing to upgrade, and no reboot required");
    figure("ops upgrade, a package of MySQL and a reboot of three servers", told);
  });
});
