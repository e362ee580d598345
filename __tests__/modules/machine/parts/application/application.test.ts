import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { limits } from "../../../../../app/src/limits.js";
import { applicationPart } from "../../../../../modules/machine/parts/application/index.js";
import { contentOf, partOf, temporaryFolder, writeBelow } from "../../../../support/payload-files.js";
import { hasTool, runTool } from "../../../../support/tools.js";
import { judgeUnits } from "../../../../support/units.js";

const part = partOf(applicationPart);
const unit = (name: string): string => contentOf(part, `/etc/systemd/system/${name}`);

describe("the application's part", () => {
  it("is one package, seven files, one command", () => {
    expect(part.packages).toEqual(["nodejs"]);
    expect(part.files?.map(({ path }) => path)).toEqual([
      "/etc/app/app.env",
      "/etc/systemd/system/app.socket",
      "/etc/systemd/system/app.service",
      "/etc/systemd/system/app-trial.service",
      "/etc/systemd/system/app-first-release.service",
      "/usr/local/sbin/deploy-app",
    ]);
  });

  it("gives the application its settings, and secrets by file name only", () => {
    expect(contentOf(part, "/etc/app/app.env")).toBe(
      [
        "HOST=127.0.0.1",
        "PORT=3000",
        "DATABASE_WRITE=127.0.0.1:6446",
        "DATABASE_READ=127.0.0.1:6447",
        "DATABASE_NAME=app",
        "DATABASE_USER=app",
        "DATABASE_PASSWORD_FILE=/etc/app/database-password",
        "DATABASE_CA_FILE=/etc/app/mysql-ca.pem",
        "DATABASE_TLS_NAME=mysql.internal",
        "SITE_DOMAIN=foobar.com",
        "ENVIRONMENT=production",
        "",
      ].join("\n"),
    );
  });
});

describe("units", () => {
  it("hold the socket while processes change, on loopback", () => {
    expect(unit("app.socket")).toContain("ListenStream=127.0.0.1:3000\n");
    expect(unit("app.service")).toContain("Requires=app.socket\n");
  });

  it("start nothing before there is a release, and bring the first one until it is there", () => {
    expect(unit("app.socket")).toContain("ConditionPathExists=/opt/app/current/server.js\n");
    expect(unit("app-first-release.service")).toMatch(
      /ConditionPathExists=!\/opt\/app\/current\n[^]*Restart=on-failure/,
    );
  });

  it("leave the application the loopback addresses, and no way to the system bus", () => {
    expect(unit("app.service")).toContain("IPAddressDeny=any\nIPAddressAllow=localhost\n");
    expect(unit("app.service")).toContain("InaccessiblePaths=-/run/dbus -/run/systemd/resolve -/run/mysqld\n");
  });

  it("try a release in the service's own sandbox, on another port, once", () => {
    const [trial, service] = ["app-trial.service", "app.service"].map((name) => unit(name).split("\n")) as [
      string[],
      string[],
    ];
    expect(trial.filter((line) => !service.includes(line))).toEqual([
      "Description=The release that deploy-app tries",
      "WorkingDirectory=/opt/app/trial",
      "ExecStart=/usr/bin/env PORT=3001 /usr/bin/node /opt/app/trial/server.js",
      "SyslogIdentifier=app-trial",
      "ExecPaths=/usr/bin/node /usr/bin/env /usr/lib",
    ]);
    expect(trial.join("\n")).not.toContain("Restart=");
  });

  const names = ["app.service", "app-trial.service", "app.socket", "app-first-release.service"];

  it.runIf(hasTool("systemd-analyze", "units of the application"))(
    "are understood by systemd, and allow the application nothing but what it needs",
    () => {
      const { complaints, allowed } = judgeUnits(Object.fromEntries(names.map((name) => [name, unit(name)])));
      expect(complaints).toBe("");
      const needed = [
        // It listens on loopback and talks to HAProxy there; a client of the system's log is a Unix socket.
        ...[
          "PrivateNetwork",
          "IPAddressDeny",
          "RestrictAddressFamilies_AF_INET_INET6",
          "RestrictAddressFamilies_AF_UNIX",
        ],
        // V8 compiles at run time.
        "MemoryDenyWriteExecute",
        // What systemd does not see: PrivateDevices and the other lines bring a mount namespace.
        ...["DeviceAllow", "PrivateMounts", "RootDirectoryOrRootImage"],
      ];
      expect(allowed.filter((name) => !needed.includes(name))).toEqual([]);
    },
  );

  it("bound what a leak or a flood can take from MySQL on the same server", () => {
    const heapMib = Number(/--max-old-space-size=(\d+)/.exec(unit("app.service"))?.[1]);
    const memoryMib = Number(/^MemoryMax=(\d+)M$/m.exec(unit("app.service"))?.[1]);
    // Beside the heap: code, buffers, stacks.
    expect(memoryMib - heapMib).toBeGreaterThanOrEqual(256);
    expect(memoryMib).toBeLessThanOrEqual(1024);
    expect(unit("app.service")).toMatch(/^TasksMax=\d{2}$/m);
  });

  it("let the application finish what it has begun, and start again whatever ended it", () => {
    const seconds = Number(/^TimeoutStopSec=(\d+)s$/m.exec(unit("app.service"))?.[1]);
    expect(seconds).toBeGreaterThan(limits.stop.drainSeconds + limits.stop.finishSeconds);
    expect(unit("app.service")).toMatch(/^Restart=always$/m);
    for (const name of ["app.service", "app-trial.service", "app-first-release.service"])
      expect(unit(name)).toMatch(/^StartLimitIntervalSec=0$/m);
    expect(unit("app.socket")).toMatch(/^TriggerLimitIntervalSec=0$/m);
  });

  it("run as the application's user and execute nothing but Node and its libraries", () => {
    for (const name of ["app.service", "app-trial.service"]) expect(unit(name)).toMatch(/^User=app\nGroup=app$/m);
    expect(unit("app.service")).toContain("NoExecPaths=/\nExecPaths=/usr/bin/node /usr/lib\n");
  });
});

/**
 * deploy-app with a folder for /opt/app, and stand-ins for what it talks to: releases as folders, systemd, and an application whose
 * health check (port 3000) fails when a file "sick" names its release or "all"; a trial (port 3001) is not ready, and ends by itself, when it
 * says "trial".
 */
function deploy(script: string): string[] {
  const folder = temporaryFolder();
  const standIn = (name: string, body: string) => ({
    path: `bin/${name}`,
    content: `#!/bin/bash\n${body}\n`,
    permissions: "0755",
  });
  const program = contentOf(part, "/usr/local/sbin/deploy-app")
    .replaceAll("/opt/app", join(folder, "opt"))
    .replaceAll("/run/lock", folder)
    .replace("{2-60}", "{2-0}")
    .replace('healthy "$HEALTH" 5', 'healthy "$HEALTH" 0');
  writeBelow(folder, [
    { path: "deploy-app", content: program, permissions: "0755" },
    standIn(
      "curl",
      `cd ${folder}; [[ $* == *:3001/readyz ]] && exec ./trial-runs; ! grep -qxFf sick <(echo all) opt/current/server.js`,
    ),
    { path: "trial-runs", content: `#!/bin/bash\n! grep -qx trial ${folder}/sick\n`, permissions: "0755" },
    standIn("sync", 'echo "sync $*" >>steps'),
    standIn("mv", 'echo "mv $*" >>steps; exec /bin/mv "$@"'),
    standIn(
      "fetch-release",
      '[ "$1" != --check ] || exec grep -q . "$2/server.js" 2>/dev/null; cp -r "r${1##*/}/$3" "$4" 2>/dev/null || { echo "fetch-release: refused"; exit 1; }; [ ! -e cut ] || kill -9 $PPID',
    ),
    standIn("systemctl", `[ "$1" = is-active ] && exec ${folder}/trial-runs; echo "$*" >>${folder}/systemctl.log`),
    standIn("setpriv", 'while [[ $1 == --* ]]; do as+=" $1"; shift; done; AS=$as exec "$@"'),
    standIn("node", `echo "$1 as$AS" >>${folder}/node.log; exec ${process.execPath} "$@"`),
    {
      path: "test.sh",
      content: `
        cd ${folder}; mkdir -p opt; touch sick; export PATH=${folder}/bin:$PATH
        build() { mkdir -p "r$1/app"; echo "// $1" >"r$1/app/server.js"; }
        release() { ./deploy-app "https://archive.test/$1" "$(echo "$1" | sha256sum | cut -d' ' -f1)" 2>&1; echo "exit $?"; }
        current() { cat opt/current/server.js; }
        sick() { echo "$1" >sick; }
        ${script}`,
    },
  ]);
  return runTool("bash", [join(folder, "test.sh")])
    .output.replaceAll(folder, "")
    .trim()
    .split("\n");
}

describe("deploy-app", () => {
  it("releases, goes back by the same command, and does nothing when nothing is to do", () => {
    const output = deploy("build 1; build 2; release 1; release 2; current; release 1; current; release 1");
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

  it("lets nobody else deploy at the same time", () => {
    const output = deploy(
      "build 1; build 2; exec 8>deploy-app.lock; flock 8; release 1; exec 8>&-; release 2; ls opt/releases | wc -l",
    );
    expect(output).toEqual([
      "deploy-app: another deployment is running",
      "exit 1",
      expect.stringMatching(/is current$/),
      "exit 0",
      "1",
    ]);
  });

  it("lets Node look at the code as the application's user, who can do nothing", () => {
    expect(deploy("build 1; release 1; cat node.log").at(-1)).toBe(
      "--check as --reuid=app --regid=app --clear-groups --no-new-privs",
    );
  });

  it("has a release on disk before it gets its name, and switches by one rename", () => {
    const output = deploy("build 1; release 1; sed 's/work[.][^/]*/work/; s/[0-9a-f]\\{16\\}/SHA/' steps");
    expect(output.slice(2)).toEqual([
      "sync -f /opt/.work/app",
      "mv -T /opt/.work/app /opt/releases/SHA",
      "mv -T /opt/.next /opt/current",
    ]);
  });

  it("knows no release of which it was interrupted while it fetched it", () => {
    const output = deploy("build 1; touch cut; release 1; rm cut; ls opt/releases | wc -l; release 1; current");
    expect(output.filter((line) => !line.includes("Killed")).slice(-4)).toEqual([
      "0",
      expect.stringMatching(/is current$/),
      "exit 0",
      "// 1",
    ]);
  });

  it.each([
    ["the current release", "release 1"],
    ["an earlier one", "build 2; release 1; release 2"],
  ])("brings %s anew when it is not whole", (_, before) => {
    const output = deploy(
      `build 1; ${before}; for f in opt/releases/4355*/server.js; do : >$f; done; release 1; current`,
    );
    expect(output.slice(-3)).toEqual([expect.stringMatching(/is current$/), "exit 0", "// 1"]);
  });

  it("keeps what runs when a release cannot be fetched", () => {
    expect(deploy("build 1; release 1; release 2; current").slice(2)).toEqual([
      "fetch-release: refused",
      "exit 1",
      "// 1",
    ]);
  });

  it.each([
    ["no server.js", "rm r1/app/server.js", "the application has no server.js"],
    ["broken code", "echo 'if (' >r1/app/server.js", "this Node does not understand server.js"],
  ])("refuses %s", (_, breakIt, reason) => {
    const output = deploy(`build 1; ${breakIt}; release 1; ls opt/releases`);
    expect(output).toContain(`deploy-app: ${reason}`);
    expect(output.at(-1)).toBe("exit 1");
  });

  it("does not switch to a release whose trial fails, and says what the trial may have left behind", () => {
    const output = deploy("build 1; build 2; release 1; sick trial; release 2; current; ls opt/releases | wc -l");
    expect(output.slice(2)).toEqual([
      "deploy-app: the release does not become ready (journalctl -u app-trial); what runs was not changed, but the trial may have applied migrations",
      "exit 1",
      "// 1",
      "1",
    ]);
  });

  it("ends a trial that an interrupted run left behind before it tries, and its own after that", () => {
    const output = deploy("build 1; release 1; cat systemctl.log; ls opt | grep -c trial");
    expect(output.slice(2)).toEqual([
      "restart app-trial.service",
      "stop app-trial.service",
      "start app.socket",
      "restart app.service",
      "stop app-trial.service",
      "0",
    ]);
  });

  it("goes back from a release that is not healthy after the switch, and forgets it", () => {
    const output = deploy("build 1; build 2; release 1; sick '// 2'; release 2; current; ls opt/releases | wc -l");
    expect(output.slice(1)).toEqual([
      "exit 0",
      expect.stringMatching(/^deploy-app: the release was not healthy after the switch; went back to .*releases/),
      "exit 1",
      "// 1",
      "1",
    ]);
  });

  it("keeps an older release that it went back to in an outage and that was not healthy either", () => {
    const output = deploy(
      "build 1; build 2; release 1; release 2; sick all; release 1; current; ls opt/releases | wc -l; sick none; release 1; current",
    );
    expect(output.slice(4)).toEqual([
      expect.stringMatching(/not healthy after the switch; went back to/),
      "exit 1",
      "// 2",
      "2",
      expect.stringMatching(/is current$/),
      "exit 0",
      "// 1",
    ]);
  });

  it("leaves the release that is current where it is, though it is not healthy", () => {
    const output = deploy("build 1; release 1; sick all; release 1; current; tail -n 1 systemctl.log");
    expect(output.slice(2)).toEqual([
      expect.stringMatching(/is current, was restarted and is not healthy$/),
      "exit 1",
      "// 1",
      "restart app.service",
    ]);
  });

  it("lists what it can go back to: URL and SHA-256, the last one first", () => {
    const output = deploy("build 1; build 2; release 1; release 2; release 1; ./deploy-app --list");
    expect(output.slice(-2)).toEqual([
      "https://archive.test/1 4355a46b19d348dc2f57c046f8ef63d4538ebb936000f3c9ee954a27460dd865 (current)",
      "https://archive.test/2 53c234e5e8472b6ac51c1ae1cab3fe06fad053beb8ebfd8977b010655bfdd3c3",
    ]);
  });

  it("keeps five releases", () => {
    const output = deploy(
      "for n in 1 2 3 4 5 6 7; do build $n; release $n; sleep 0.02; done; ls opt/releases | wc -l; current",
    );
    expect(output.slice(-2)).toEqual(["5", "// 7"]);
  });

  it("explains itself, and refuses wrong arguments", () => {
    const output = deploy(
      './deploy-app --help | head -n 1; ./deploy-app http://archive.test/x abc >/dev/null 2>&1; echo "exit $?"',
    );
    expect(output).toEqual(["usage: deploy-app URL SHA256", "exit 2"]);
  });
});
