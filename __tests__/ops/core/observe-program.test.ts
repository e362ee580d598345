import { execFile } from "node:child_process";
import { once } from "node:events";
import { readFileSync, symlinkSync, utimesSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it, onTestFinished } from "vitest";
import type { Observation } from "../../../ops/core/snapshot.js";
import { temporaryFolder, writeBelow } from "../../support/payload-files.js";
import { hasTool, runTool } from "../../support/tools.js";

const program = readFileSync("ops/core/files/observe.py", "utf8");

/** What the commands of a server print; `exit 1` for one that fails. */
interface Server {
  readonly files?: Readonly<Record<string, string>>;
  readonly commands?: Readonly<Record<string, string>>;
  /** Answers by path; the others are 503. @default - none */
  readonly answers?: Readonly<Record<string, string | Buffer>>;
  /** Whether all answers break off in the middle. @default false */
  readonly breaksOff?: boolean;
  /** @default - that of this machine */
  readonly timeZone?: string;
  readonly withUpgradable?: boolean;
}

const sha = (digit: string): string => digit.repeat(64);

/** What observe.py tells of a server whose files lie in a folder. */
async function observed({ files = {}, commands = {}, answers = {}, ...more }: Server): Promise<Observation> {
  const { breaksOff, timeZone, withUpgradable } = more;
  const folder = temporaryFolder();
  const server = createServer(({ url }, response) => {
    if (breaksOff) return void response.writeHead(200, { "content-length": "9" }).write("{", () => response.destroy());
    const answer = answers[url ?? ""];
    response.writeHead(answer === undefined ? 503 : 200).end(answer);
  }).listen(0, "127.0.0.1");
  onTestFinished(() => void server.close());
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  writeBelow(folder, [
    { path: "settings/group", content: JSON.stringify({ address: "127.0.0.1", rolePort: port }) },
    ...Object.entries(files).map(([path, content]) => ({ path, content })),
    ...Object.entries({ systemctl: "", "apt-get": "", ...commands }).map(([name, body]) => ({
      path: `bin/${name}`,
      permissions: "0755",
      content: `#!/bin/sh\n${body}\n`,
    })),
  ]);
  // The one that was switched to last is the newest.
  for (const [index, name] of ["one", "two", "three"].entries())
    if (`releases/${name}/RELEASE` in files) utimesSync(join(folder, "releases", name), index + 1, index + 1);
  if ("releases/one/RELEASE" in files) symlinkSync(join(folder, "releases/one"), join(folder, "current"));
  const settings = {
    ready: `http://127.0.0.1:${port}/readyz`,
    setupComplete: join(folder, "complete"),
    setupNotice: join(folder, "notice"),
    inService: join(folder, "run/in-service"),
    deploy: join(folder, "deploy-app"),
    releases: join(folder, "releases"),
    current: join(folder, "current"),
    group: join(folder, "settings/group"),
    certificates: { "a certificate": join(folder, "certificate.pem"), "no certificate": join(folder, "none.pem") },
    disks: [folder, "/nowhere"],
    aptFollows: [],
    aptTold: join(folder, "upgradable.json"),
    withUpgradable,
  };
  // Of a hundred blocks forty are free, twenty of them for root alone.
  const space = "os.statvfs_result((4096, 4096, 100, 40, 20, 0, 0, 0, 0, 255))";
  const moved = (withUpgradable ? program.replace("SECONDS = 4", "SECONDS = 0.1") : program)
    .replaceAll(/"\/(run|var)\//g, `"${folder}/$1/`)
    .replace("os.statvfs(path)", space);
  const env = { ...process.env, PATH: `${folder}/bin:${process.env["PATH"]}`, NO_PROXY: "*", TZ: timeZone };
  const { stdout } = await promisify(execFile)("python3", ["-I", "-c", moved, JSON.stringify(settings)], { env });
  return JSON.parse(stdout) as Observation;
}

describe.runIf(hasTool("python3", "what a server tells of itself"))("a server that does all that it is for", () => {
  it("says so, with its releases, the current one first and then the one before it", async () => {
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

describe.runIf(hasTool("python3", "what a server tells of itself"))("a server tells", () => {
  it("that it serves no page, is in no group, and what has failed", async () => {
    const failed = "nginx.service loaded failed failed A high performance web server\n\nx.timer loaded failed failed X";
    expect(
      await observed({
        files: { "deploy-app": "" },
        commands: { systemctl: `[ "$*" = "list-units --failed --plain --no-legend" ] && printf '%s' '${failed}'` },
        answers: { "/state": "no JSON" },
      }),
    ).toMatchObject({ inService: false, serves: false, member: null, failedUnits: ["nginx.service", "x.timer"] });
  });

  it("that it is ready whatever the application says, and all else where answers break off and a command hangs", async () => {
    const files = { "deploy-app": "" };
    expect((await observed({ files, answers: { "/readyz": Buffer.of(0xff) } })).serves).toBe(true);
    const commands = { systemctl: "sleep 0.5; echo nginx.service" };
    expect(await observed({ files, commands, breaksOff: true, withUpgradable: true })).toMatchObject({
      ...{ serves: false, member: null, failedUnits: [], firstBoot: "running", upgradable: [] },
    });
  });

  it("nothing of a role that it has not", async () => {
    const told = await observed({ files: { "settings/group": "null" } });
    expect(told).toMatchObject({ inService: null, serves: null, releases: [], member: null });
  });

  it("what its setup waits for, and what of it cannot come right", async () => {
    expect((await observed({})).firstBoot).toBe("running");
    expect((await observed({ files: { notice: "mysql:\n  waits" } })).firstBoot).toBe("running mysql: waits");
    const result = (errors: readonly string[]) => ({
      "var/lib/cloud/data/result.json": JSON.stringify({ v1: { errors } }),
    });
    expect((await observed({ files: result(["one", "two"]) })).firstBoot).toBe("one; two");
    expect((await observed({ files: { ...result(["one"]), complete: "" } })).firstBoot).toBe("done");
  });

  it("why a reboot is due", async () => {
    expect((await observed({ files: { "run/reboot-required": "" } })).rebootFor).toEqual(["the system"]);
    const empty = { "run/reboot-required": "", "run/reboot-required.pkgs": "" };
    expect((await observed({ files: empty })).rebootFor).toEqual(["the system"]);
    const packages = { "run/reboot-required": "", "run/reboot-required.pkgs": "linux\nlibc6\nlinux\n" };
    expect((await observed({ files: packages })).rebootFor).toEqual(["libc6", "linux"]);
  });

  it("what could be upgraded, or that apt does not tell", async () => {
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
    // A busy server takes longer for it than for all else.
    expect(await upgradable("sleep 0.3")).toEqual([]);
    expect(await upgradable(`echo '${simulated}'; exit 100`)).toBeNull();
  });

  it.runIf(hasTool("openssl", "days that a certificate is valid"))("days that are left to a certificate", async () => {
    const words = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=x"];
    const { output } = runTool("sh", ["-c", `openssl ${words.join(" ")} -keyout /dev/null -days 40 2>/dev/null`]);
    // Within the second in which it was made there are forty days left, and less from then on.
    await new Promise((resolve) => setTimeout(resolve, 1000));
    // Its end is a moment, in whatever zone a server's clock is shown.
    for (const timeZone of ["UTC", "West12", "East-12"]) {
      const { certificateDays } = await observed({ files: { "certificate.pem": output }, timeZone });
      expect(certificateDays, timeZone).toEqual({ "a certificate": 39 });
    }
  });

  it("how full a disk is, for those who are not root, and another run of the system by another name", async () => {
    const { diskPercent, bootId } = await observed({});
    expect(Object.values(diskPercent)).toEqual([80]);
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    // Containers of one machine have one boot_id: the first process began at another moment.
    expect(bootId).toMatch(new RegExp(`^${boot}\\d+$`));
  });
});
