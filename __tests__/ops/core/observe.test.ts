import { chmodSync, mkdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { beforeEach, expect, it } from "vitest";
import { payloadOf } from "../../../modules/machine/compose/index.js";
import { look } from "../../../ops/core/observe.js";
import type { Site } from "../../../ops/core/site.js";
import { exampleConfig } from "../../support/config.js";
import { temporaryFolder } from "../../support/payload-files.js";
import { serverOf } from "../../support/servers.js";

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

it("a server is asked for what lies where its payload has put it", async () => {
  const config = exampleConfig({ application: { readyPath: "/ready" } });
  const alpha = serverOf(config, "alpha");
  let asked: readonly string[] = [];
  const site = {
    config,
    cloud: { servers: () => Promise.resolve([]), targets: () => Promise.resolve(new Map()) },
    logins: new Map([["alpha", {}]]),
    ssh: {
      tryRun: (_: unknown, command: readonly string[]) => {
        asked = command;
        return Promise.resolve({ ok: false, stderr: "" });
      },
    },
  };
  const { servers } = await look(site as unknown as Site, { withUpgradable: true });
  expect(servers.map(({ silence }) => silence)).toEqual([
    "no reason given",
    ...Array<string>(2).fill("it has no address or host key yet"),
  ]);
  expect(asked.slice(0, 3)).toEqual(["python3", "-I", "-"]);
  const told = JSON.parse(asked[3] ?? "") as Record<string, unknown>;
  const { write_files: files } = payloadOf(config, alpha);
  const text = (path: string): string => files.find((file) => file.path === path)?.content ?? "";
  expect(told).toEqual({
    ready: `http://${/^ListenStream=(.*)$/m.exec(text("/etc/systemd/system/app.socket"))?.[1]}/ready`,
    setupComplete: /^ConditionPathExists=!(.*)$/m.exec(text("/etc/systemd/system/server-setup.service"))?.[1],
    setupNotice: /NOTICE=(\S+)/.exec(text("/usr/local/lib/platform/server-setup"))?.[1],
    inService: /^ExecStart=\S+ (.*)$/m.exec(text("/etc/systemd/system/in-service.service"))?.[1],
    deploy: "/usr/local/sbin/deploy-app",
    releases: "/opt/app/releases",
    current: /^ConditionPathExists=(.*)$/m.exec(text("/etc/systemd/system/app.socket"))?.[1],
    group: files.find(({ path }) => path.endsWith("/group.json"))?.path,
    certificates: {
      "MySQL's certificate": /^ssl_cert = (.*)$/m.exec(text("/etc/mysql/server.cnf"))?.[1],
      "MySQL's authority": /^ssl_ca = (.*)$/m.exec(text("/etc/mysql/server.cnf"))?.[1],
      "the origin certificate": "/etc/nginx/tls/origin.pem",
    },
    disks: ["/", "/var/lib/mysql"],
    // What is installed, what archives offer, and which of it is wanted.
    aptFollows: ["/var/lib/dpkg/status", "/var/lib/apt/lists", "/etc/apt/preferences.d"],
    // Not kept over a boot.
    aptTold: expect.stringMatching(/^\/run\//) as string,
    withUpgradable: true,
  });
});

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
