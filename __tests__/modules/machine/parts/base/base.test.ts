import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { basePart } from "../../../../../modules/machine/parts/base/index.js";
import { paths } from "../../../../../modules/platform/paths.js";
import { contentOf, temporaryFolder, writeBelow } from "../../../../support/payload-files.js";
import { hasTool, runTool } from "../../../../support/tools.js";
import { judgeUnits } from "../../../../support/units.js";

const part = basePart();

/**
 * Scripts that replace apt-get and dpkg-query. The file "installed" lists the installed packages, and the file "offered" lists the packages
 * that apt can download.
 */
const dpkgQuery = `for name; do grep -qx -- "$name" installed && echo installed || { echo not-installed; missing=yes; }; done; [ -z "\${missing-}" ]`;
const aptGet = `
! read -r answer || echo "answered: $answer" >>log
echo "apt-get $*" >>calls
echo "apt-get $*" | sed 's/-o [^ ]* *//g; s/-qq --yes *//' >>log
case " $* " in *" install "*) ;; *) exit 0 ;; esac
while [ "$1" != install ]; do shift; done; shift
for name; do grep -qx -- "$name" offered || { echo "E: Unable to locate package $name" >&2; exit 100; }; done
printf '%s\\n' "$@" >>installed`;

/**
 * A simulated machine whose payload has the given parts. The machine's files are in a temporary folder. apt and the setup scripts of the
 * parts are fakes.
 */
class Machine {
  readonly folder = temporaryFolder();

  constructor(parts: string, scripts: Readonly<Record<string, string>>, offered: string) {
    const script = (path: string, body: string) => ({ path, permissions: "0755", content: `#!/bin/bash\n${body}\n` });
    const inFolder = (text: string): string => text.replaceAll(/(?<=[= ])\/(etc|usr|var|run)\//g, `${this.folder}/$1/`);
    writeBelow(this.folder, [
      { path: "installed", content: "" },
      { path: "offered", content: offered },
      { path: "log", content: "" },
      { path: "calls", content: "" },
      { path: "etc/platform/parts", content: parts },
      { path: "etc/platform/apt-keys", content: "/etc/apt/keyrings/vendor.asc https://vendor.test/key\n" },
      { path: "server-setup", permissions: "0755", content: inFolder(contentOf(part, paths.setup.script)) },
      script("usr/lib/apt/apt-helper", 'echo "download ${*: -2}" >>log; echo "apt-helper $*" >>calls'),
      script("bin/apt-get", aptGet),
      script("bin/dpkg-query", `shift 3; ${dpkgQuery}`),
      script("bin/dpkg", 'echo "dpkg $*" >>calls'),
      ...Object.entries(scripts).map(([name, body]) => script(`usr/local/lib/platform/setup-${name}`, body)),
    ]);
  }

  write(path: string, content: string): void {
    writeBelow(this.folder, [{ path, content }]);
  }

  /** Runs the setup and returns its exit status and its log. */
  run(): { status: number; log: string[] } {
    this.write("log", "");
    // If an operator runs the setup, its input is a terminal. The setup must not read from the terminal.
    const script = `cd ${this.folder} && yes by-hand | PATH=$PWD/bin:$PATH ./server-setup`;
    const { status } = runTool("sh", ["-c", script]);
    return { status, log: this.lines("log") };
  }

  /** Returns the lines of a file of the machine. */
  lines(path: string): string[] {
    const text = readFileSync(join(this.folder, path), "utf8").trim();
    return text === "" ? [] : text.split("\n");
  }

  /** True if the setup is complete. */
  get isComplete(): boolean {
    return existsSync(join(this.folder, paths.setup.complete));
  }

  /** Notice that is shown at login; undefined if there is no problem. */
  get notice(): string | undefined {
    const { status, output } = runTool("cat", [join(this.folder, paths.setup.notice)]);
    return status === 0 ? output : undefined;
  }
}

/** Returns the commands that download and install packages. */
const fetched = (packages: string): readonly string[] => [
  "download https://vendor.test/key /etc/apt/keyrings/vendor.asc",
  "apt-get update",
  "apt-get dist-upgrade",
  `apt-get install ${packages}`,
];
const notes = (name: string): string => `echo "set up ${name}" >>log`;
const two = "first a b\nsecond c\n";
const scripts = { first: notes("first"), second: notes("second") };

describe("setting a server up", () => {
  it("the setup of a server installs all packages in one run, then starts each component once, in order", () => {
    const machine = new Machine(two, scripts, "a\nb\nc\n");
    expect(machine.run()).toEqual({ status: 0, log: [...fetched("a b c"), "set up first", "set up second"] });
    expect([machine.notice, machine.isComplete]).toEqual([undefined, true]);
    expect(machine.run()).toEqual({ status: 0, log: [] });
  });

  it("the setup of a server completes interrupted installations without questions, keeps our files, and does not wait for unreachable sources", () => {
    const machine = new Machine(two, scripts, "a\nb\nc\n");
    machine.run();
    const [dpkg, helper, ...apt] = machine.lines("calls");
    expect(dpkg).toBe("dpkg --force-confold --configure -a");
    // The download runs as root, because apt's user cannot write to the folder of the keys.
    expect(helper).toMatch(/^apt-helper -o APT::Sandbox::User=root download-file /);
    expect(apt).toHaveLength(3);
    const limits = ["Retries=0", "http::Timeout=10", "https::Timeout=10"]
      .map((limit) => `-o Acquire::${limit}`)
      .join(" ");
    for (const call of apt)
      expect(call).toContain(`apt-get -qq --yes ${limits} -o Dpkg::Options::=--force-confold -o Dpkg::Use-Pty=0 `);
    expect(contentOf(part, paths.setup.script)).toMatch(/^export DEBIAN_FRONTEND=noninteractive /m);
  });

  it("the login notice is shown during the setup of a server", () => {
    const machine = new Machine("first a\n", { first: "cat run/motd.d/server-setup >>log" }, "a\n");
    expect(machine.run().log.at(-1)).toMatch(/^This server is being set up: /);
  });

  it("the setup of a server contacts no package archive if the image contains all packages", () => {
    const machine = new Machine("first a\n", scripts, "");
    machine.write("installed", "a\n");
    expect(machine.run()).toEqual({ status: 0, log: ["set up first"] });
  });
});

it("the setup of a component installs its missing packages", () => {
  const machine = new Machine("first a b\n", scripts, "a\nb\n");
  machine.write("installed", "a\n");
  expect(machine.run().log).toContain("apt-get install a b");
  expect(machine.lines("installed")).toEqual(expect.arrayContaining(["a", "b"]));
});

it("the setup of a component contacts no package archive without packages, and only installs packages without a script", () => {
  const machine = new Machine("first\nnone a\n", scripts, "a\n");
  expect(machine.run()).toMatchObject({ status: 0, log: ["set up first", ...fetched("a")] });
});

it("an unreachable repository fails only its own component, which the login notice names and the next setup run retries", () => {
  const machine = new Machine("first vendors\nsecond c\n", scripts, "c\n");
  const { status, log } = machine.run();
  expect(status).toBe(1);
  expect(log.slice(-3)).toEqual(["apt-get install vendors", "apt-get install c", "set up second"]);
  expect(machine.notice).toContain("  first: E: Unable to locate package vendors\n");
  expect(machine.notice).not.toContain("  second:");
  expect(machine.isComplete).toBe(false);
  machine.write("offered", "vendors\nc\n");
  const next = machine.run();
  expect([next.status, next.log.at(-1), next.log.includes("set up second")]).toEqual([0, "set up first", false]);
  expect(machine.notice).toBeUndefined();
});

it("the setup of a server shows the last line of a failed script, and repeats the script", () => {
  const machine = new Machine(two, { ...scripts, first: "echo before; echo the reason >&2; exit 3" }, "a\nb\nc\n");
  expect(machine.run().status).toBe(1);
  expect(machine.notice).toContain("  first: the reason\n");
  expect(machine.run().status).toBe(1);
});

it.each(["host-firewall", "private-network"])("a failure of %s stops the setup of all other components", (name) => {
  const machine = new Machine(`${name} a\nsecond c\n`, { [name]: "exit 1", second: notes("second") }, "a\nc\n");
  const { status, log } = machine.run();
  expect(status).toBe(1);
  expect(log).not.toContain("set up second");
});

it.runIf(hasTool("systemd-analyze", "the unit of server-setup"))(
  "server-setup retries without a limit, also after a reboot, until the setup is complete",
  () => {
    const unit = contentOf(part, "/etc/systemd/system/server-setup.service");
    expect(judgeUnits({ "server-setup.service": unit }).complaints).toBe("");
    expect(unit.split("\n")).toEqual(
      expect.arrayContaining([
        ...["Wants=network-online.target", "After=network-online.target", "WantedBy=multi-user.target"],
        // With Type=exec, the boot does not wait until the setup is complete.
        "Type=exec",
        ...["Restart=on-failure", "RestartSec=10s", "StartLimitIntervalSec=0"],
        ...[`ConditionPathExists=!${paths.setup.complete}`, `ExecStart=${paths.setup.script}`],
      ]),
    );
  },
);

it("packages start no services during the setup of a server, and may start services afterwards", () => {
  const policy = contentOf(part, "/usr/sbin/policy-rc.d");
  expect(runTool("env", ["SERVER_SETUP=running", "sh", "-s"], policy).status).toBe(101);
  expect(runTool("sh", ["-s"], policy).status).toBe(0);
  expect(contentOf(part, paths.setup.script)).toMatch(/^export .*SERVER_SETUP=running/m);
});

it.runIf(hasTool("systemd-analyze", "units of server-watch"))("the program server-watch runs every minute", () => {
  const unit = (name: string) => contentOf(part, `/etc/systemd/system/${name}`);
  const units = ["server-watch.timer", "server-watch.service"].map((name) => [name, unit(name)] as const);
  expect(judgeUnits(Object.fromEntries(units)).complaints).toBe("");
  expect(unit("server-watch.timer").split("\n")).toEqual(
    expect.arrayContaining(["OnBootSec=30s", "OnUnitInactiveSec=1min", "AccuracySec=5s", "WantedBy=timers.target"]),
  );
  // The checks run only after the setup, because they would fail before. The service writes no line to the journal every minute.
  expect(unit("server-watch.service").split("\n")).toEqual(
    expect.arrayContaining([
      ...[`ConditionPathExists=${paths.setup.complete}`, "ExecStart=/usr/local/lib/platform/server-watch"],
      ...["Type=oneshot", "LogLevelMax=notice"],
    ]),
  );
  expect(part.setup).toContain("systemctl enable --quiet --now server-watch.timer\n");
});

it("server-watch shows the output of a failed check under the component's name, and removes it when the check passes", () => {
  const folder = temporaryFolder();
  const watch = contentOf(part, "/usr/local/lib/platform/server-watch").replaceAll(/\/(run|usr)\//g, `${folder}/$1/`);
  const run = (check: string, longestSeconds = "60"): string => {
    writeBelow(folder, [
      {
        path: "server-watch",
        permissions: "0755",
        content: watch.replace("timeout 60 ", `timeout ${longestSeconds} `),
      },
      { path: "usr/local/lib/platform/check-some-part", permissions: "0755", content: `#!/bin/sh\n${check}\n` },
    ]);
    return runTool("sh", ["-c", `${folder}/server-watch; cd ${folder}/run/motd.d && grep -r .`]).output;
  };
  expect(run("echo 'it is gone' >&2; exit 1")).toBe("some-part:it is gone\n");
  expect(run("exit 0")).toBe("");
  expect(run("exec sleep 60", "0.1")).toBe(
    `some-part:no answer from ${folder}/usr/local/lib/platform/check-some-part\n`,
  );
});
