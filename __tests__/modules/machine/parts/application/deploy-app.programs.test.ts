import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import type { Config } from "../../../../../modules/config/schema.js";
import { applicationPart } from "../../../../../modules/machine/parts/application/index.js";
import { ports } from "../../../../../modules/platform/ports.js";
import { exampleConfig } from "../../../../support/config.js";
import { contentOf, inTemporaryFolder, partOf, writeBelow } from "../../../../support/payload-files.js";
import { hasTool, runTool, runToolBeside } from "../../../../support/tools.js";

const script = fileURLToPath(
  new URL("../../../../../modules/machine/parts/application/files/deploy-app", import.meta.url),
);

/**
 * The tests run deploy-app with a temporary folder instead of /opt/app, and with fakes of systemd, of release archives (which are folders)
 * and of the application. The application's health check fails if the file "sick" contains the release or "all". If "sick" contains
 * "trial", a trial is not ready and exits. The trial and the running application each answer only on their port.
 */
const migrate = exampleConfig({ application: { migrate: ["/usr/bin/node", "migrate.js"] } });
const deploy = (steps: string, config = exampleConfig()): Promise<string[]> =>
  inTemporaryFolder((folder) => deployIn(folder, steps, config));

async function deployIn(folder: string, steps: string, config: Config): Promise<string[]> {
  const standIn = (name: string, body: string) => ({
    path: `bin/${name}`,
    content: `#!/bin/bash\n${body}\n`,
    permissions: "0755",
  });
  const program = readFileSync(script, "utf8")
    .replaceAll("/opt/app", join(folder, "opt"))
    .replace("/etc/app/deploy.env", join(folder, "deploy.env"))
    .replaceAll("/run/lock", folder)
    .replace("{2-60}", "{2-0}")
    .replaceAll('healthy "$HEALTH" 5', 'healthy "$HEALTH" 0');
  writeBelow(folder, [
    { path: "deploy-app", content: program, permissions: "0755" },
    { path: "deploy.env", content: contentOf(partOf(applicationPart, config), "/etc/app/deploy.env") },
    standIn(
      "curl",
      `cd ${folder}
      # curl treats a status of 503 as a failure only with the option --fail.
      refused() { case "$1" in -*f*) exit 22 ;; *) exit 0 ;; esac; }
      case "$*" in
        *:${ports.applicationTrial}/readyz) ./trial-runs || refused "$1" ;;
        *:${ports.application}/healthz) ! grep -qxFf sick <(echo all) opt/current/server.js || refused "$1" ;;
        *) exit 7 ;;
      esac`,
    ),
    { path: "trial-runs", content: `#!/bin/bash\n! grep -qx trial ${folder}/sick\n`, permissions: "0755" },
    standIn("sync", 'echo "sync $*" >>steps'),
    standIn("mv", 'echo "mv $*" >>steps; exec /bin/mv "$@"'),
    standIn(
      "fetch-release",
      '[ "$1" != --check ] || exec grep -q . "$2/server.js" 2>/dev/null; cp -r "r${1##*/}/$3" "$4" 2>/dev/null || { echo "fetch-release: refused"; exit 1; }; [ ! -e cut ] || kill -9 $PPID',
    ),
    standIn(
      "systemctl",
      `[ "$*" = "is-active app-migrations.service" ] && { [ ! -e ${folder}/migrating ] || echo activating; rm -f ${folder}/migrating; exit 3; }
      [ "$1" = is-active ] && { [ "$2" = --quiet ] || echo active; exec ${folder}/trial-runs; }; echo "$*" >>${folder}/systemctl.log
      case "$2" in
        app-migrations.service) cp ${folder}/opt/trial/server.js ${folder}/migrated; ! grep -qx migrations ${folder}/sick ;;
        # An unhealthy release does not start.
        app.service) ! grep -qxFf ${folder}/sick <(echo all) ${folder}/opt/current/server.js ;;
        app-trial.service) [ "$1" != stop ] || ! grep -qx stop ${folder}/sick || exit 1; [ "$1" != restart ] || stat -Lc %a ${folder}/opt/trial/.. ${folder}/opt/trial >${folder}/modes ;;
      esac`,
    ),
    {
      path: "test.sh",
      content: `
        cd ${folder}; mkdir -p opt; touch sick; export PATH=${folder}/bin:$PATH
        build() { mkdir -p "r$1/app"; echo "// $1" >"r$1/app/server.js"; }
        release() { ./deploy-app "https://archive.test/$1" "$(echo "$1" | sha256sum | cut -d' ' -f1)" 2>&1; echo "exit $?"; }
        current() { cat opt/current/server.js; }
        sick() { echo "$1" >sick; }
        ${steps}`,
    },
  ]);
  const { output } = await runToolBeside("bash", [join(folder, "test.sh")]);
  return output.replaceAll(folder, "").trim().split("\n");
}

const matching = (pattern: RegExp): unknown => expect.stringMatching(pattern) as unknown;

describe("deploy-app", { concurrent: true }, () => {
  it.runIf(hasTool("shellcheck", "deploy-app"))("deploy-app passes shellcheck", () => {
    expect(runTool("shellcheck", [script])).toEqual({ status: 0, output: "" });
  });

  it("deploy-app activates a new or an earlier release, and does nothing if the requested release is current", async () => {
    const output = await deploy("build 1; build 2; release 1; release 2; current; release 1; current; release 1");
    expect(output.filter((line) => !line.includes("is current"))).toEqual([
      "exit 0",
      "exit 0",
      "// 2",
      "exit 0",
      "// 1",
      expect.stringMatching(/is already current$/),
      "exit 0",
    ]);
  });

  /** Each entry has the behaviour, the steps, and the last lines of their output. */
  it.each<[what: string, steps: string, output: readonly unknown[]]>([
    [
      "rejects a second deployment at the same time",
      "build 1; build 2; exec 8>deploy-app.lock; flock 8; release 1; exec 8>&-; release 2; ls opt/releases | wc -l",
      ["deploy-app: another deployment is running", "exit 1", matching(/is current$/), "exit 0", "1"],
    ],
    [
      "syncs a release to disk before renaming it, and switches with one rename",
      "build 1; release 1; sed 's/work[.][^/]*/work/; s/[0-9a-f]\\{16\\}/SHA/' steps",
      ["exit 0", "sync -f /opt/.work/app", "mv -T /opt/.work/app /opt/releases/SHA", "mv -T /opt/.next /opt/current"],
    ],
    [
      "does not list a release whose download was interrupted",
      "build 1; touch cut; release 1; rm cut; ls opt/releases | wc -l; release 1; current",
      ["0", matching(/is current$/), "exit 0", "// 1"],
    ],
    [
      "keeps the current release if a download fails",
      "build 1; release 1; release 2; current",
      ["exit 0", "fetch-release: refused", "exit 1", "// 1"],
    ],
    [
      "does not switch to a release whose trial fails, and reports possible migrations",
      "build 1; build 2; release 1; sick trial; release 2; current; ls opt/releases | wc -l",
      [
        "exit 0",
        "deploy-app: the release does not become ready (journalctl -u app-trial); the current release keeps running, but the trial may have applied migrations",
        ...["exit 1", "// 1", "1"],
      ],
    ],
    [
      "stops a trial left by an interrupted run first, and its own trial afterwards",
      "build 1; release 1; cat systemctl.log; ls opt | grep -c trial",
      [
        ...["exit 0", "restart app-trial.service", "stop app-trial.service"],
        ...["start app.socket", "restart app.service", "stop app-trial.service", "0"],
      ],
    ],
    [
      "continues if a trial cannot be stopped",
      "build 1; sick stop; release 1; current; ls opt | grep -c trial",
      [matching(/is current$/), "exit 0", "// 1", "0"],
    ],
    [
      "makes a trial readable for the application's user regardless of the umask, and deletes a failed trial",
      "umask 077; build 1; chmod 755 r1 r1/app; sick trial; release 1; cat modes; ls -A opt; tail -n 1 systemctl.log",
      ["exit 1", "755", "755", "releases", "stop app-trial.service"],
    ],
    [
      "reports that there is no previous release if the first release is unhealthy",
      "build 1; sick all; release 1; ls opt/releases | wc -l",
      [matching(/ is not healthy, and there is no previous release$/), "exit 1", "1"],
    ],
    [
      "does not switch back to a deleted release",
      "build 1; build 2; release 1; rm -rf opt/releases/*; sick '// 2'; release 2",
      ["exit 0", matching(/ is not healthy, and there is no previous release$/), "exit 1"],
    ],
    [
      "switches back from an unhealthy release and deletes it",
      "build 1; build 2; release 1; sick '// 2'; release 2; current; ls opt/releases | wc -l",
      [
        "exit 0",
        matching(/^deploy-app: the release was not healthy after the switch; switched back to .*releases/),
        ...["exit 1", "// 1", "1"],
      ],
    ],
    [
      "stays on the requested earlier release if neither release is healthy",
      "build 1; build 2; release 1; release 2; sick all; release 1; current; ls opt/releases | wc -l; sick none; release 1; current",
      [
        ...["exit 0", matching(/ is current and is not healthy; neither was /), "exit 3", "// 1", "2"],
        ...[matching(/is already current$/), "exit 0", "// 1"],
      ],
    ],
    [
      "keeps the current release in place although it is unhealthy",
      "build 1; release 1; sick all; release 1; current; tail -n 1 systemctl.log",
      ["exit 0", matching(/is current, was restarted and is not healthy$/), "exit 1", "// 1", "restart app.service"],
    ],
    [
      "keeps only five releases",
      "for n in 1 2 3 4 5 6 7; do build $n; release $n; sleep 0.02; done; ls opt/releases | wc -l; current",
      ["5", "// 7"],
    ],
  ])("deploy-app %s", async (_, steps, expected) => {
    const output = (await deploy(steps)).filter((line) => !line.includes("Killed"));
    expect(output.slice(-expected.length)).toEqual(expected);
  });

  it.each([
    ["the current release", "release 1"],
    ["an earlier release", "build 2; release 1; release 2"],
  ])("deploy-app fetches a release again if %s is incomplete", async (_, before) => {
    const output = await deploy(
      `build 1; ${before}; for f in opt/releases/4355*/server.js; do : >$f; done; release 1; current`,
    );
    expect(output.slice(-3)).toEqual([expect.stringMatching(/is current$/), "exit 0", "// 1"]);
  });

  it("deploy-app applies migrations before the trial of a release, and stops if a migration fails", async () => {
    const steps =
      "build 1; release 1; cat migrated; grep -E 'migrations|trial' systemctl.log | head -n 2; build 2; sick migrations; release 2; cat migrated; current; tail -n 2 systemctl.log";
    expect((await deploy(steps, migrate)).slice(1)).toEqual([
      "exit 0",
      "// 1",
      "start app-migrations.service",
      "restart app-trial.service",
      "deploy-app: the migrations fail (journalctl -u app-migrations); the current release keeps running",
      "exit 1",
      "// 2",
      "// 1",
      "start app-migrations.service",
      "stop app-trial.service",
    ]);
  });

  it("deploy-app restarts workers without waiting, and needs no socket if the application opens its own port", async () => {
    const workers = { mail: { command: ["./mail"] } };
    const config = exampleConfig({ application: { listens: "port", workers } });
    expect((await deploy("build 1; release 1; grep -v trial systemctl.log", config)).slice(2)).toEqual([
      "restart app.service",
      "restart --no-block app-workers.target",
    ]);
  });

  it("deploy-app allows a trial more time than migrations may take, and an application more time than its start may take", () => {
    const program = readFileSync(script, "utf8");
    const seconds = (pattern: RegExp): number => Number(pattern.exec(program)?.[1]);
    expect(seconds(/--max-time (\d+)/)).toBeLessThanOrEqual(10);
    const [trial, current, switched] = [/TRIAL_SECONDS=(\d+)/, /"\$HEALTH" (\d+)/, /\{2-(\d+)\}/].map(seconds) as [
      number,
      number,
      number,
    ];
    expect(trial).toBeGreaterThan(60);
    // A starting application may have to wait for a busy database, but a running application answers at once.
    expect(switched).toBeGreaterThanOrEqual(30);
    expect(current).toBeLessThanOrEqual(10);
    // The command that releases to all servers waits up to five minutes for each server, including the download.
    expect(trial + 2 * current + switched).toBeLessThan(200);
  });

  it("deploy-app waits for migrations that an interrupted run left, then runs the migrations of its own release", async () => {
    const output = await deploy(
      "build 1; release 1; build 2; touch migrating; : >systemctl.log; release 2; cat migrated; grep -c 'start app-migrations' systemctl.log",
      migrate,
    );
    expect(output.slice(-2)).toEqual(["// 2", "2"]);
  });

  it("deploy-app lists installed releases by URL and SHA-256, the newest first", async () => {
    const output = await deploy("build 1; build 2; release 1; release 2; release 1; ./deploy-app --list");
    expect(output.slice(-2)).toEqual([
      "https://archive.test/1 4355a46b19d348dc2f57c046f8ef63d4538ebb936000f3c9ee954a27460dd865 (current)",
      "https://archive.test/2 53c234e5e8472b6ac51c1ae1cab3fe06fad053beb8ebfd8977b010655bfdd3c3",
    ]);
  });

  it("deploy-app prints help and rejects wrong arguments", async () => {
    const [url, sha] = ["https://archive.test/x", "0".repeat(64)];
    const wrong = [`http://archive.test/x ${sha}`, `${url} abc`, `${url} ${sha}0`, `${url} ${sha} x`, url, ""];
    const each = wrong.map((words) => `./deploy-app ${words} >/dev/null 2>&1; echo "exit $?"`);
    const output = await deploy(`./deploy-app --help | head -n 1; ${each.join("; ")}; ls opt`);
    expect(output).toEqual(["usage: deploy-app URL SHA256", ...wrong.map(() => "exit 2")]);
  });
});
