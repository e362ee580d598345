import { execFile } from "node:child_process";
import { readFileSync, symlinkSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { beforeEach, describe, expect, it } from "vitest";
import { payloadOf } from "../../../modules/machine/compose/index.js";
import { look } from "../../../ops/core/observe.js";
import type { Site } from "../../../ops/core/site.js";
import type { Observation } from "../../../ops/core/snapshot.js";
import { exampleConfig } from "../../support/config.js";
import { httpServer } from "../../support/listening.js";
import { temporaryFolder, writeBelow } from "../../support/payload-files.js";
import { serverOf } from "../../support/servers.js";
import { hasTool, runTool } from "../../support/tools.js";

const program = readFileSync("ops/core/files/observe.py", "utf8");

/** Properties of the simulated server. */
interface Server {
  readonly files?: Readonly<Record<string, string>>;
  readonly commands?: Readonly<Record<string, string>>;
  /** Response of the application by path; all other paths return 503. @default - none */
  readonly answers?: Readonly<Record<string, string | Buffer>>;
  /** True if the server breaks off every response. @default false */
  readonly breaksOff?: boolean;
  /** Time zone of the server. @default - time zone of this machine */
  readonly timeZone?: string;
  readonly withUpgradable?: boolean;
  /** Folder with the files of the server. @default - a new folder */
  readonly folder?: string;
  /** Files whose change invalidates the cached answer of apt. @default - none */
  readonly aptFollows?: readonly string[];
}

const sha = (digit: string): string => digit.repeat(64);

/** Runs observe.py for a server whose files are in a folder, and returns the parsed output. */
async function observed({ files = {}, commands = {}, answers = {}, ...more }: Server): Promise<Observation> {
  const { breaksOff, timeZone, withUpgradable, folder = temporaryFolder(), aptFollows = [] } = more;
  const address = await httpServer(({ url }, response) => {
    if (breaksOff) return void response.writeHead(200, { "content-length": "9" }).write("{", () => response.destroy());
    const answer = answers[url ?? ""];
    response.writeHead(answer === undefined ? 503 : 200).end(answer);
  });
  writeBelow(folder, [
    {
      path: "settings/group",
      content: JSON.stringify({ address: "127.0.0.1", rolePort: Number(new URL(address).port) }),
    },
    ...Object.entries(files).map(([path, content]) => ({ path, content })),
    ...Object.entries({ systemctl: "", "apt-get": "", ...commands }).map(([name, body]) => ({
      path: `bin/${name}`,
      permissions: "0755",
      content: `#!/bin/sh\n${body}\n`,
    })),
  ]);
  // The release that was activated last has the newest folder.
  for (const [index, name] of ["one", "two", "three"].entries())
    if (`releases/${name}/RELEASE` in files) utimesSync(join(folder, "releases", name), index + 1, index + 1);
  if ("releases/one/RELEASE" in files) symlinkSync(join(folder, "releases/one"), join(folder, "current"));
  const settings = {
    ready: `${address}/readyz`,
    setupComplete: join(folder, "complete"),
    setupNotice: join(folder, "notice"),
    inService: join(folder, "run/in-service"),
    deploy: join(folder, "deploy-app"),
    releases: join(folder, "releases"),
    current: join(folder, "current"),
    group: join(folder, "settings/group"),
    certificates: { "a certificate": join(folder, "certificate.pem"), "no certificate": join(folder, "none.pem") },
    disks: [folder, "/nowhere"],
    aptFollows: aptFollows.map((name) => join(folder, name)),
    aptTold: join(folder, "upgradable.json"),
    withUpgradable,
  };
  // 40 of 100 blocks are free, but 20 of these blocks are reserved for root.
  const space = "os.statvfs_result((4096, 4096, 100, 40, 20, 0, 0, 0, 0, 255))";
  const moved = (withUpgradable ? program.replace("SECONDS = 4", "SECONDS = 0.1") : program)
    .replaceAll(/"\/(run|var)\//g, `"${folder}/$1/`)
    .replace("os.statvfs(path)", space);
  const env = { ...process.env, PATH: `${folder}/bin:${process.env["PATH"]}`, NO_PROXY: "*", TZ: timeZone };
  const { stdout } = await promisify(execFile)("python3", ["-I", "-c", moved, JSON.stringify(settings)], { env });
  return JSON.parse(stdout) as Observation;
}

it("the script that inspects a server reads the files at the paths that the payload defines", async () => {
  const config = exampleConfig({ application: { readyPath: "/ready" } });
  const alpha = serverOf(config, "alpha");
  let asked: readonly string[] = [];
  const site = {
    config,
    cloud: { servers: () => Promise.resolve([]), targets: () => Promise.resolve([]) },
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
    // The answer of apt depends on the installed packages, the package lists and the pinning of versions.
    aptFollows: ["/var/lib/dpkg/status", "/var/lib/apt/lists", "/etc/apt/preferences.d"],
    // The cache of apt's answer is below /run, so a reboot deletes it.
    aptTold: expect.stringMatching(/^\/run\//) as string,
    withUpgradable: true,
  });
});

describe.runIf(hasTool("python3", "the observation of a server"))("the observation of a healthy server", () => {
  it("the inspection of a healthy server reports no fault, and lists the releases from newest to oldest, with the active release first", async () => {
    const releases = Object.fromEntries(
      ["one", "two", "three"].map((name, index) => [
        `releases/${name}/RELEASE`,
        `https://archive.test/${name}.tgz ${sha(String(index + 1))}\n`,
      ]),
    );
    const told = await observed({
      files: { complete: "", "run/in-service": "", "deploy-app": "", "releases/half/app": "", ...releases },
      answers: { "/readyz": "ready", "/state": '{"state": "ONLINE"}' },
    });
    expect(told).toMatchObject({
      firstBoot: "done",
      failedUnits: [],
      inService: true,
      serves: true,
      member: { state: "ONLINE" },
      rebootFor: [],
      certificateDays: {},
    });
    expect(told.releases.map(({ sha256 }) => sha256)).toEqual([sha("1"), sha("3"), sha("2")]);
    expect(told).not.toHaveProperty("upgradable");
  });
});

describe.runIf(hasTool("python3", "the observation of a server"))("the observation of a server", () => {
  it("the inspection of a server reports an application that is not ready, a missing group member and failed systemd units", async () => {
    const failed = "nginx.service loaded failed failed A high performance web server\n\nx.timer loaded failed failed X";
    expect(
      await observed({
        files: { "deploy-app": "" },
        commands: { systemctl: `[ "$*" = "list-units --failed --plain --no-legend" ] && printf '%s' '${failed}'` },
        answers: { "/state": "no JSON" },
      }),
    ).toMatchObject({ inService: false, serves: false, member: null, failedUnits: ["nginx.service", "x.timer"] });
  });

  it("the inspection of a server treats any response body as ready, and completes if responses are truncated and a command hangs", async () => {
    const files = { "deploy-app": "" };
    expect((await observed({ files, answers: { "/readyz": Buffer.of(0xff) } })).serves).toBe(true);
    const commands = { systemctl: "sleep 0.5; echo nginx.service" };
    expect(await observed({ files, commands, breaksOff: true, withUpgradable: true })).toMatchObject({
      ...{ serves: false, member: null, failedUnits: [], firstBoot: "running", upgradable: [] },
    });
  });

  it("the inspection of a server returns no data about roles that the server does not have", async () => {
    const told = await observed({ files: { "settings/group": "null" } });
    expect(told).toMatchObject({ inService: null, serves: null, releases: [], member: null });
  });

  it("the inspection of a server returns the component for which the setup waits, and the errors of cloud-init", async () => {
    expect((await observed({})).firstBoot).toBe("running");
    expect((await observed({ files: { notice: "mysql:\n  waits" } })).firstBoot).toBe("running mysql: waits");
    const result = (errors: readonly string[]) => ({
      "var/lib/cloud/data/result.json": JSON.stringify({ v1: { errors } }),
    });
    expect((await observed({ files: result(["one", "two"]) })).firstBoot).toBe("one; two");
    expect((await observed({ files: { ...result(["one"]), complete: "" } })).firstBoot).toBe("done");
  });

  it("the inspection of a server returns the packages that require a reboot", async () => {
    expect((await observed({ files: { "run/reboot-required": "" } })).rebootFor).toEqual(["the system"]);
    const empty = { "run/reboot-required": "", "run/reboot-required.pkgs": "" };
    expect((await observed({ files: empty })).rebootFor).toEqual(["the system"]);
    const packages = { "run/reboot-required": "", "run/reboot-required.pkgs": "linux\nlibc6\nlinux\n" };
    expect((await observed({ files: packages })).rebootFor).toEqual(["libc6", "linux"]);
  });

  it("the inspection of a server returns the available package upgrades", async () => {
    const simulated = [
      "Inst libc6 [2.41-11] (2.41-12 Debian:13.3/stable [amd64]) []",
      "Inst linux-image-6.12.60 (6.12.60-1 Debian-Security:13/stable-security [amd64])",
      "Conf libc6 (2.41-12 Debian:13.3/stable [amd64])",
    ].join("\n");
    const upgradable = async (body: string) =>
      (await observed({ commands: { "apt-get": body }, withUpgradable: true })).upgradable;
    expect(await upgradable(`echo '${simulated}'`)).toEqual([
      { name: "libc6", from: "2.41-11", to: "2.41-12" },
      { name: "linux-image-6.12.60", from: "", to: "6.12.60-1" },
    ]);
    // On a busy server, the query of apt is the slowest command.
    expect(await upgradable("sleep 0.3")).toEqual([]);
  });

  it.runIf(hasTool("openssl", "the remaining days of a certificate"))(
    "the inspection of a server returns the number of days until a certificate expires",
    async () => {
      const words = [
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
        "-subj",
        "/CN=x",
      ];
      const { output } = runTool("sh", ["-c", `openssl ${words.join(" ")} -keyout /dev/null -days 40 2>/dev/null`]);
      // In the first second, exactly 40 days remain. The test waits one second, so that 39 full days remain.
      await new Promise((resolve) => setTimeout(resolve, 1000));
      // The remaining days do not depend on the time zone of the server.
      for (const timeZone of ["UTC", "West12", "East-12"]) {
        const { certificateDays } = await observed({ files: { "certificate.pem": output }, timeZone });
        expect(certificateDays, timeZone).toEqual({ "a certificate": 39 });
      }
    },
  );

  it("the inspection of a server returns the disk usage without root's reserved blocks, and a boot ID that changes at every boot", async () => {
    const { diskPercent, bootId } = await observed({});
    expect(Object.values(diskPercent)).toEqual([80]);
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    // Containers on one machine have the same boot_id. Therefore the observation adds the start time of the first process.
    expect(bootId).toMatch(new RegExp(`^${boot}\\d+$`));
  });
});

describe.runIf(hasTool("python3", "the cache of possible upgrades"))("the cache of possible upgrades", () => {
  let folder: string;
  beforeEach(() => {
    folder = temporaryFolder();
    writeBelow(
      folder,
      ["status", "lists/main", "asked"].map((path) => ({ path, content: "" })),
    );
  });

  /** Returns the upgrades that are reported if apt runs this script. */
  const upgradable = async (says: string) => {
    const commands = { "apt-get": `printf x >>${folder}/asked\n${says}` };
    return (await observed({ folder, commands, aptFollows: ["status", "lists"], withUpgradable: true })).upgradable;
  };
  const upgrade = "echo 'Inst added (2.0 Debian:13 [all])'";

  it("the cached list of available package upgrades avoids a second run of apt", async () => {
    const added = [{ name: "added", from: "", to: "2.0" }];
    expect([await upgradable(upgrade), await upgradable("exit 1")]).toEqual([added, added]);
    expect(readFileSync(join(folder, "asked"), "utf8")).toBe("x");
  });

  it.each([
    ["a package is installed", () => utimesSync(join(folder, "status"), 1, 1)],
    ["a package list changes", () => writeBelow(folder, [{ path: "lists/other", content: "" }])],
  ])("the cached list of available package upgrades is renewed if %s", async (_, change) => {
    await upgradable(upgrade);
    change();
    expect(await upgradable(":")).toEqual([]);
  });

  it("the result of a failed apt run is not stored in the cached list of available package upgrades", async () => {
    expect(await upgradable(`${upgrade}; exit 100`)).toBeNull();
    expect(await upgradable(":")).toEqual([]);
  });
});
