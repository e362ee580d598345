import { chmodSync, mkdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { beforeEach, expect, it } from "vitest";
import { temporaryFolder } from "../../support/payload-files.js";

let folder: string;
const at = (name: string): string => join(folder, name);

/** What a server tells of its packages. */
async function upgradable(): Promise<unknown> {
  const nowhere = at("nowhere");
  const settings = {
    ...{
      ready: "http://127.0.0.1:9",
      setupComplete: nowhere,
      setupNotice: nowhere,
      inService: nowhere,
      deploy: nowhere,
    },
    ...{ releases: nowhere, current: nowhere, group: nowhere, certificates: {}, disks: [] },
    ...{ aptFollows: [at("status"), at("lists")], aptTold: at("told.json"), withUpgradable: true },
  };
  const { stdout } = await execa("python3", ["-I", "ops/core/files/observe.py", JSON.stringify(settings)], {
    env: { PATH: `${folder}:${process.env["PATH"]}` },
  });
  return (JSON.parse(stdout) as { readonly upgradable: unknown }).upgradable;
}

/** How often apt was asked. */
const asked = (): number => readFileSync(at("asked"), "utf8").length;

function apt(says: string): void {
  writeFileSync(at("apt-get"), `#!/bin/sh\nprintf x >>${at("asked")}\n${says}\n`);
  chmodSync(at("apt-get"), 0o755);
}

beforeEach(() => {
  folder = temporaryFolder();
  mkdirSync(at("lists"));
  for (const name of ["status", "asked"]) writeFileSync(at(name), "");
  apt("echo 'Inst mysql-server [9.7.4-1] (9.7.5-1 MySQL:trixie [amd64])'; echo 'Inst added (2.0 Debian:13 [all])'");
});

const both = [
  { name: "mysql-server", from: "9.7.4-1", to: "9.7.5-1" },
  { name: "added", from: "", to: "2.0" },
];

it("a server asks apt once what could be upgraded", async () => {
  expect([await upgradable(), await upgradable()]).toEqual([both, both]);
  expect(asked()).toBe(1);
});

it.each([
  ["a package was installed", () => utimesSync(at("status"), 1, 1)],
  ["a list came", () => writeFileSync(at("lists/main"), "")],
])("it asks again when %s", async (_what, change) => {
  await upgradable();
  change();
  apt(":");
  expect(await upgradable()).toEqual([]);
});

it("what apt did not tell is not kept: the next look asks again", async () => {
  apt("exit 100");
  expect(await upgradable()).toBeNull();
  apt(":");
  expect(await upgradable()).toEqual([]);
});
