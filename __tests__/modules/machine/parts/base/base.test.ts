import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { basePart } from "../../../../../modules/machine/parts/base/index.js";
import { paths } from "../../../../../modules/platform/paths.js";
import { contentOf, temporaryFolder, writeBelow } from "../../../../support/payload-files.js";
import { hasTool, runTool } from "../../../../support/tools.js";
import { judgeUnits } from "../../../../support/units.js";

const part = basePart();

/** apt and dpkg of a machine on which the packages of `installed` are there, and those of `offered` can be fetched. */
const dpkgQuery = `for name; do grep -qx -- "$name" installed && echo installed || { echo not-installed; missing=yes; }; done; [ -z "\${missing-}" ]`;
const aptGet = `
! read -r answer || echo "answered: $answer" >>log
echo "apt-get $*" >>calls
echo "apt-get $*" | sed 's/-o [^ ]* *//g; s/-qq --yes *//' >>log
case " $* " in *" install "*) ;; *) exit 0 ;; esac
while [ "$1" != install ]; do shift; done; shift
for name; do grep -qx -- "$name" offered || { echo "E: Unable to locate package $name" >&2; exit 100; }; done
printf '%s\\n' "$@" >>installed`;

/** A machine with these parts, as `server-setup` finds it: its own paths, and stand-ins for apt and for the parts' scripts. */
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

  /** Exit status of a run, and what it did. */
  run(): { status: number; log: string[] } {
    this.write("log", "");
    // Whoever runs it by hand has a terminal, whose words are nobody's answer.
    const script = `cd ${this.folder} && yes by-hand | PATH=$PWD/bin:$PATH ./server-setup`;
    const { status } = runTool("sh", ["-c", script]);
    return { status, log: this.lines("log") };
  }

  /** Lines of a file of the machine. */
  lines(path: string): string[] {
    const text = readFileSync(join(this.folder, path), "utf8").trim();
    return text === "" ? [] : text.split("\n");
  }

  /** Whether the unit has nothing left to do. */
  get isComplete(): boolean {
    return existsSync(join(this.folder, paths.setup.complete));
  }

  /** What somebody who logs in reads; nothing when all is well. */
  get notice(): string | undefined {
    const { status, output } = runTool("cat", [join(this.folder, paths.setup.notice)]);
    return status === 0 ? output : undefined;
  }
}

/** What is done to get packages. */
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
  it("fetches all packages in one go, then starts part after part, once", () => {
    const machine = new Machine(two, scripts, "a\nb\nc\n");
    expect(machine.run()).toEqual({
      status: 0,
      log: [...fetched("a b c"), "set up first", "set up second"],
    });
    expect(machine.notice).toBeUndefined();
    expect(machine.isComplete).toBe(true);
    expect(machine.run()).toEqual({ status: 0, log: [] });
  });

  it("finishes what was interrupted, asks nobody, keeps our files, and waits for no source that is away", () => {
    const machine = new Machine(two, scripts, "a\nb\nc\n");
    machine.run();
    const [dpkg, helper, ...apt] = machine.lines("calls");
    expect(dpkg).toBe("dpkg --force-confold --configure -a");
    // Keys lie where apt's own user may not write.
    expect(helper).toMatch(/^apt-helper -o APT::Sandbox::User=root download-file /);
    expect(apt).toHaveLength(3);
    const limits = ["Retries=0", "http::Timeout=10", "https::Timeout=10"]
      .map((limit) => `-o Acquire::${limit}`)
      .join(" ");
    for (const call of apt)
      expect(call).toContain(`apt-get -qq --yes ${limits} -o Dpkg::Options::=--force-confold -o Dpkg::Use-Pty=0 `);
    expect(contentOf(part, paths.setup.script)).toMatch(/^export DEBIAN_FRONTEND=noninteractive /m);
  });

  it("says so to whoever logs in meanwhile", () => {
    const machine = new Machine("first a\n", { first: "cat run/motd.d/server-setup >>log" }, "a\n");
    expect(machine.run().log.at(-1)).toMatch(/^This server is being set up: /);
  });

  it("asks no package archive for what the image has", () => {
    const machine = new Machine("first a\n", scripts, "");
    machine.write("installed", "a\n");
    expect(machine.run()).toEqual({ status: 0, log: ["set up first"] });
  });
});

describe("a part", () => {
  it("of whose packages the image has some gets the others", () => {
    const machine = new Machine("first a b\n", scripts, "a\nb\n");
    machine.write("installed", "a\n");
    expect(machine.run().log).toContain("apt-get install a b");
    expect(machine.lines("installed")).toEqual(expect.arrayContaining(["a", "b"]));
  });

  it("that needs no package is set up without an archive, and one without a script is its packages alone", () => {
    const machine = new Machine("first\nnone a\n", scripts, "a\n");
    expect(machine.run()).toMatchObject({ status: 0, log: ["set up first", ...fetched("a")] });
  });
});

describe("a repository that is away", () => {
  const machine = () => new Machine("first vendors\nsecond c\n", scripts, "c\n");

  it("keeps only its own part from being set up, fails, and is named to whoever logs in", () => {
    const waiting = machine();
    const { status, log } = waiting.run();
    expect(status).toBe(1);
    expect(log.slice(-3)).toEqual(["apt-get install vendors", "apt-get install c", "set up second"]);
    expect(waiting.notice).toContain("  first: E: Unable to locate package vendors\n");
    expect(waiting.isComplete).toBe(false);
    expect(waiting.notice).not.toContain("  second:");
  });

  it("is asked again by the next run, which leaves alone what is set up", () => {
    const waiting = machine();
    waiting.run();
    waiting.write("offered", "vendors\nc\n");
    const { status, log } = waiting.run();
    expect(status).toBe(0);
    expect(log.at(-1)).toBe("set up first");
    expect(log).not.toContain("set up second");
    expect(waiting.notice).toBeUndefined();
  });
});

describe("a part whose script fails", () => {
  it("is named with its last words and repeated", () => {
    const machine = new Machine(two, { ...scripts, first: "echo before; echo the reason >&2; exit 3" }, "a\nb\nc\n");
    expect(machine.run().status).toBe(1);
    expect(machine.notice).toContain("  first: the reason\n");
    expect(machine.run().status).toBe(1);
  });

  it.each(["host-firewall", "private-network"])("keeps everything else from starting where it is %s", (name) => {
    const machine = new Machine(`${name} a\nsecond c\n`, { [name]: "exit 1", second: notes("second") }, "a\nc\n");
    const { status, log } = machine.run();
    expect(status).toBe(1);
    expect(log).not.toContain("set up second");
  });
});

describe("the unit", () => {
  it.runIf(hasTool("systemd-analyze", "the unit of server-setup"))(
    "tries again for ever, after a reboot too, until all is set up",
    () => {
      const unit = contentOf(part, "/etc/systemd/system/server-setup.service");
      expect(judgeUnits({ "server-setup.service": unit }).complaints).toBe("");
      expect(unit).toMatch(/^Wants=network-online\.target\nAfter=network-online\.target$/m);
      // The boot does not wait for it.
      expect(unit).toMatch(/^Type=exec$/m);
      expect(unit).toMatch(/^Restart=on-failure\nRestartSec=10s$/m);
      expect(unit).toMatch(/^StartLimitIntervalSec=0$/m);
      expect(unit).toMatch(/^WantedBy=multi-user.target$/m);
      expect(unit).toContain(`ConditionPathExists=!${paths.setup.complete}\n`);
      expect(unit).toContain(`ExecStart=${paths.setup.script}\n`);
    },
  );
});

describe("packages", () => {
  it("start nothing while the server is set up, and are free afterwards", () => {
    const policy = contentOf(part, "/usr/sbin/policy-rc.d");
    expect(runTool("env", ["SERVER_SETUP=running", "sh", "-s"], policy).status).toBe(101);
    expect(runTool("sh", ["-s"], policy).status).toBe(0);
    expect(contentOf(part, paths.setup.script)).toMatch(/^export .*SERVER_SETUP=running/m);
  });
});

describe("the watch", () => {
  it.runIf(hasTool("systemd-analyze", "units of server-watch"))("runs every minute", () => {
    const unit = (name: string) => contentOf(part, `/etc/systemd/system/${name}`);
    const units = ["server-watch.timer", "server-watch.service"].map((name) => [name, unit(name)] as const);
    expect(judgeUnits(Object.fromEntries(units)).complaints).toBe("");
    for (const line of ["OnBootSec=30s", "OnUnitInactiveSec=1min", "AccuracySec=5s", "WantedBy=timers.target"])
      expect(unit("server-watch.timer").split("\n")).toContain(line);
    // Not before all is set up, which a check would complain of; and not a line in the journal every minute.
    for (const line of [
      `ConditionPathExists=${paths.setup.complete}`,
      "Type=oneshot",
      "ExecStart=/usr/local/lib/platform/server-watch",
      "LogLevelMax=notice",
    ])
      expect(unit("server-watch.service").split("\n")).toContain(line);
    expect(part.setup).toContain("systemctl enable --quiet --now server-watch.timer\n");
  });

  it("shows what a check says while it fails, under the part's name, and takes it away afterwards", () => {
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
});
