import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { validityHours } from "../../../../../modules/credentials/certificates/keys.js";
import { hardeningPart } from "../../../../../modules/machine/parts/hardening/index.js";
import { paths } from "../../../../../modules/platform/paths.js";
import { contentOf, partOf, temporaryFolder, writeBelow } from "../../../../support/payload-files.js";
import { stepsOf } from "../../../../support/steps.js";
import { hasTool, hasTools, runTool } from "../../../../support/tools.js";

const part = partOf(hardeningPart);
const sshd = contentOf(part, "/etc/ssh/sshd_config.d/10-platform.conf");
const setup = part.setup ?? "";

const upgrades = contentOf(part, "/etc/apt/apt.conf.d/60platform-upgrades");

it("automatic upgrades come only from Debian's archives, including point releases and updates", () => {
  expect(upgrades.match(/"origin=[^"]*"/g)).toEqual([
    '"origin=Debian,codename=${distro_codename}-security,label=Debian-Security"',
    '"origin=Debian,codename=${distro_codename},label=Debian"',
    '"origin=Debian,codename=${distro_codename}-updates,label=Debian"',
  ]);
  expect(upgrades).toContain("#clear Unattended-Upgrade::Origins-Pattern;");
});

it("automatic upgrades run daily, never restart the machine, and keep neither package files nor unused kernels", () => {
  expect(upgrades.split("\n")).toEqual(
    expect.arrayContaining([
      'APT::Periodic::Update-Package-Lists "1";',
      'APT::Periodic::Unattended-Upgrade "1";',
      'Unattended-Upgrade::Automatic-Reboot "false";',
      'APT::Periodic::CleanInterval "7";',
      'APT::Keep-Downloaded-Packages "false";',
      'Unattended-Upgrade::Remove-Unused-Kernel-Packages "true";',
    ]),
  );
});

it.runIf(hasTool("apt-config", "apt configuration"))("the settings of automatic upgrades are valid for apt", () => {
  const folder = temporaryFolder();
  writeBelow(folder, [{ path: "upgrades", content: upgrades }]);
  const words = ["-c", join(folder, "upgrades"), "dump", "Unattended-Upgrade::Automatic-Reboot"];
  expect(runTool("apt-config", words).output.trim()).toBe('Unattended-Upgrade::Automatic-Reboot "false";');
});

/**
 * Returns a script that replaces systemctl. The script records its arguments and fails for one verb. A restart gives the service the new
 * library.
 */
const systemctlStandIn = (fails: string): string => `#!/bin/sh
echo "$*" >>log
[ "$1" != "${fails}" ] || exit 1
[ "$1" = try-restart ] || exit 0
for unit; do
  for maps in proc/*/maps; do
    ! grep -q "$unit" "\${maps%maps}cgroup" || sed -i '/libssl/s/ (deleted)//' "$maps"
  done
done
`;

/**
 * Runs restart-upgraded with folders instead of /proc and /run.
 * @param processes service of each process, and true if an upgrade has replaced its library
 * @param fails verb with which systemctl fails
 * @param waiting packages that already require a reboot
 */
function restartUpgraded(
  processes: readonly (readonly [service: string, replaced: boolean])[],
  fails = "",
  waiting = "",
): readonly string[] {
  const folder = temporaryFolder();
  const maps = (replaced: boolean) => `7f00-7f01 r-xp 00 fe:01 1 /usr/lib/libssl.so.3${replaced ? " (deleted)" : ""}\n`;
  writeBelow(folder, [
    ...processes.flatMap(([service, replaced], index) => [
      { path: `proc/${index + 1}/maps`, content: `7f00-7f01 rw-s 00 00:01 1 /dev/zero (deleted)\n${maps(replaced)}` },
      { path: `proc/${index + 1}/cgroup`, content: `0::/system.slice/${service}\n` },
    ]),
    { path: "bin/systemctl", permissions: "0755", content: systemctlStandIn(fails) },
    { path: "run/in-service", content: "" },
    ...(waiting === "" ? [] : [{ path: "run/reboot-required.pkgs", content: waiting }]),
    {
      path: "restart-upgraded",
      permissions: "0755",
      content: contentOf(part, "/usr/local/lib/platform/restart-upgraded")
        .replaceAll("/proc/", `${folder}/proc/`)
        .replaceAll("/run/", `${folder}/run/`),
    },
  ]);
  const script = `cd ${folder}; PATH=bin:$PATH; ./restart-upgraded; echo "exit $?"; cat log run/reboot-required.pkgs 2>/dev/null`;
  return runTool("sh", ["-c", script]).output.trim().split("\n");
}

it("the unit of automatic upgrades checks for outdated services after each upgrade", () => {
  expect(contentOf(part, "/etc/systemd/system/apt-daily-upgrade.service.d/60-platform.conf")).toBe(
    "[Service]\nExecStartPre=-/usr/local/lib/platform/update-lists\nExecStartPost=-/usr/local/lib/platform/vendor-updates\nExecStartPost=/usr/local/lib/platform/restart-upgraded\n",
  );
});

const inService = "is-active --quiet in-service.service";
const outAndBack = (restart: string) => [inService, "stop in-service.service", restart, "start in-service.service"];

/**
 * Each entry has the behaviour, the outdated services, the steps, the verb with which systemctl fails, and packages that already require
 * a reboot.
 */
it.each<[what: string, outdated: string, steps: readonly string[], fails?: string, waiting?: string]>([
  ["restarts nothing if no service is outdated", "", ["exit 0"]],
  [
    "restarts outdated web services together with all other outdated services while the server is out of service",
    "nginx app ssh",
    ["exit 0", ...outAndBack("try-restart app.service nginx.service ssh.service")],
  ],
  ["keeps the server in service if no web service is outdated", "chrony", ["exit 0", "try-restart chrony.service"]],
  [
    "keeps a server out of service if an operator took the server out",
    "nginx",
    ["exit 0", inService, "try-restart nginx.service"],
    "is-active",
  ],
  [
    "requests a reboot for unknown services whose names resemble known services",
    "nginx-more my-app my-app-worker-mail",
    ["exit 0", "my-app-worker-mail.service", "my-app.service", "nginx-more.service"],
  ],
  ["ignores services that run once", "app-schedule-report app-migrations app-trial mysql-base", ["exit 0"]],
  [
    "requests a reboot for mysql-base-of-others",
    "app-trial mysql-base-of-others",
    ["exit 0", "mysql-base-of-others.service"],
  ],
  ["requests a reboot for MySQL and system services", "mysql dbus mysql", ["exit 0", "dbus.service", "mysql.service"]],
  [
    "keeps the reasons of an earlier request for a reboot",
    "mysql",
    ["exit 0", "linux-image-6.12", "mysql.service"],
    "",
    "linux-image-6.12\n",
  ],
  [
    "puts a server back into service even if the step that takes the server out of service fails",
    "nginx",
    ["exit 1", inService, "stop in-service.service", "start in-service.service"],
    "stop",
  ],
  [
    "puts a server back into service if a restart fails",
    "nginx",
    ["exit 123", ...outAndBack("try-restart nginx.service")],
    "try-restart",
  ],
])("after a security update, the program restart-upgraded %s", (_, outdated, steps, fails, waiting) => {
  const processes = outdated.split(" ").map((name) => [`${name}.service`, name !== ""] as const);
  expect(restartUpgraded([...processes, ["haproxy.service", false]], fails, waiting)).toEqual(steps);
});

it.each([
  ...["app", "haproxy", "nginx", "app-worker-mail"],
  ...["chrony", "datadog-agent", "mysql-backup", "mysql-group", "ssh", "systemd-resolved"],
])(
  "the upgrade restarts an outdated %s without a reboot, and takes the server out of service only for web services",
  (name) => {
    const isWeb = ["app", "haproxy", "nginx"].includes(name);
    const restart = `try-restart ${name}.service`;
    expect(restartUpgraded([[`${name}.service`, true]])).toEqual([
      "exit 0",
      ...(isWeb ? outAndBack(restart) : [restart]),
    ]);
  },
);

it("sshd uses only the host key from the secrets of the server", () => {
  expect(sshd.match(/^HostKey .*$/gm)).toEqual([`HostKey ${paths.sshHostKey}`]);
});

it("the setup does not apply sshd settings that sshd rejects, but applies all other settings", () => {
  const steps = [
    "systemd-sysctl ",
    "systemctl daemon-reexec",
    "systemctl restart systemd-journald.service",
    "systemctl enable --quiet chrony.service apt-daily.timer apt-daily-upgrade.timer",
    "systemctl restart chrony.service",
    "systemctl start apt-daily.timer apt-daily-upgrade.timer",
    "systemctl restart logrotate.timer",
    "usermod --password * root",
    "sshd -t",
  ];
  expect(stepsOf(setup)).toEqual([
    ...steps,
    "systemctl enable --quiet ssh.service",
    "systemctl reload-or-restart ssh.service",
  ]);
  expect(stepsOf(setup, { fails: "sshd" })).toEqual([...steps, "exit 1"]);
  // If sshd has never run, its folder does not exist, and `sshd -t` would fail.
  expect(setup).toMatch(/^mkdir -p \/run\/sshd\nsshd -t$/m);
});

it.runIf(hasTool("/usr/sbin/sshd", "sshd settings"))("sshd accepts its settings, which have no weak algorithms", () => {
  const folder = temporaryFolder();
  const key = join(folder, "key");
  runTool("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", key]);
  writeBelow(folder, [{ path: "sshd.conf", content: sshd.replace(paths.sshHostKey, key) }]);
  const { status, output } = runTool("unshare", [
    "-m",
    "sh",
    "-c",
    `mkdir -p /run/sshd && /usr/sbin/sshd -T -f ${join(folder, "sshd.conf")}`,
  ]);
  expect(status).toBe(0);
  expect(output.split("\n")).toEqual(
    expect.arrayContaining([
      ...["passwordauthentication no", "kbdinteractiveauthentication no", "permitrootlogin without-password"],
      ...["allowusers root", "allowtcpforwarding no", "allowagentforwarding no", "x11forwarding no"],
      ...["logingracetime 20", "maxauthtries 3", "maxstartups 10:30:60", "loglevel VERBOSE"],
      ...["clientaliveinterval 60", "clientalivecountmax 3"],
    ]),
  );
  expect(output).not.toMatch(/^kexalgorithms .*(ecdh-sha2|group14|group-exchange)/m);
  expect(output).not.toMatch(/^ciphers .*cbc/m);
  // Only encrypt-then-MAC algorithms with more than 64 bits are allowed.
  for (const mac of /^macs (.*)$/m.exec(output)?.[1]?.split(",") ?? [])
    expect(mac).toMatch(/^(hmac-sha2|umac-128).*-etm@/);
});

it("the servers of an environment upgrade daily at fixed times half an hour apart, with current package lists", () => {
  const timers = ["alpha", "bravo", "charlie"].map((name) =>
    contentOf(partOf(hardeningPart, undefined, name), "/etc/systemd/system/apt-daily-upgrade.timer.d/60-platform.conf"),
  );
  expect(timers.map((timer) => /^OnCalendar=$[^]*^OnCalendar=\*-\*-\* (.*) UTC$/m.exec(timer)?.[1])).toEqual([
    ...["02:30", "03:00", "03:30"],
  ]);
  for (const timer of timers)
    expect(timer.split("\n")).toEqual(expect.arrayContaining(["RandomizedDelaySec=0", "Persistent=false"]));
});

/** Returns a script of the release in which all paths are below a folder. */
const fromRelease = (name: string, folder: string): string =>
  readFileSync(
    new URL(`../../../../../modules/machine/parts/hardening/files/${name}`, import.meta.url),
    "utf8",
  ).replaceAll(/(?<![\w.])\/(run|etc|var)\//g, `${folder}/$1/`);

/** Runs the script with this output of apt, and returns the health notice that the script writes. */
function noticeOf(simulated: string, before = "of yesterday\n", exit = 0): string {
  const folder = temporaryFolder();
  writeBelow(folder, [
    {
      path: "bin/apt-get",
      permissions: "0755",
      content: `#!/bin/sh\ncat <<'TEXT'\n${simulated}\nTEXT\nexit ${exit}\n`,
    },
    { path: "run/keep", content: "" },
    ...(before === "" ? [] : [{ path: "run/motd.d/vendor-updates", content: before }]),
    { path: "vendor-updates", permissions: "0755", content: fromRelease("vendor-updates", folder) },
  ]);
  const script = `cd ${folder}; PATH=bin:$PATH; ./vendor-updates; cat run/motd.d/vendor-updates 2>/dev/null; ls var/lib/platform-updates 2>/dev/null`;
  return runTool("sh", ["-c", script]).output;
}
const held = "Inst libc6 [2.41-12] (2.41-12+deb13u1 Debian:13.3/stable [amd64])\nConf libc6 (2.41-12+deb13u1)";

it("the list of upgrades that wait for an operator contains both versions, and includes held packages of Debian", () => {
  expect(
    noticeOf(`${held}\nInst mysql-server [9.7.4-1] (9.7.5-1 MySQL:13 [amd64]) []\nConf mysql-server (9.7.5-1)`, ""),
  ).toBe(
    "Upgrades that are not installed automatically (npm run ops upgrade):\n  libc6 2.41-12 -> 2.41-12+deb13u1\n  mysql-server 9.7.4-1 -> 9.7.5-1\ncompared\n",
  );
});

it("the list of upgrades that wait for an operator no longer contains installed upgrades", () => {
  expect(noticeOf("")).toBe("compared\n");
});

it("the list of upgrades that wait for an operator stays unchanged if apt fails", () => {
  expect(noticeOf("E: broken", "of yesterday\n", 100)).toBe("of yesterday\n");
});

const stamps = [
  "var/lib/platform-updates/lists",
  "var/lib/apt/periodic/upgrade-stamp",
  "var/lib/platform-updates/compared",
];
function checked(hoursOld: readonly number[], setupHoursOld = 10_000) {
  const folder = temporaryFolder();
  const complete = "var/lib/server-setup/complete";
  writeBelow(folder, [
    ...[...stamps, complete].map((path) => ({ path, content: "" })),
    { path: "var/lib/platform-updates/output", content: "E: EXPKEYSIG\n" },
    { path: "check", permissions: "0755", content: fromRelease("check-updates", folder) },
  ]);
  const touch = (path: string, hours: number) => `touch -d '${hours} hours ago' ${path}`;
  const script = [...stamps.map((path, index) => touch(path, hoursOld[index] ?? 0)), touch(complete, setupHoursOld)];
  return runTool("sh", ["-c", `cd ${folder}; ${script.join("; ")}; ./check`]);
}

it("the check of the nightly upgrade passes if every step has succeeded within three days", () => {
  expect(checked([71, 71, 71])).toEqual({ status: 0, output: "" });
});

it("the check of the nightly upgrade does not fail on a server that is younger than three days", () => {
  expect(checked([100, 100, 100], 71)).toEqual({ status: 0, output: "" });
});

it.each([
  [[73, 1, 1], /package lists were not updated.*\nE: EXPKEYSIG/],
  [[1, 73, 1], /No automatic upgrade succeeded/],
  [[1, 1, 73], /could not be listed/],
] as const)(
  "the check of the nightly upgrade reports the step that has not succeeded for three days, for ages of %j hours",
  (hours, words) => {
    const { status, output } = checked(hours);
    expect(status).toBe(1);
    expect(output).toMatch(words);
  },
);

const text = contentOf(part, paths.ends);
function on(day: string, prepare = "true") {
  const folder = temporaryFolder();
  writeBelow(folder, [
    { path: "etc/platform/ends", content: text },
    {
      path: "bin/date",
      permissions: "0755",
      content: `#!/bin/sh\n[ "$3" = "180 days" ] || exec /bin/date "$@"\nexec /bin/date --utc --date "${day} $3" +%F\n`,
    },
    { path: "check", permissions: "0755", content: fromRelease("check-expiry", folder) },
  ]);
  return runTool("sh", ["-c", `cd ${folder}; ${prepare} && PATH=bin:$PATH ./check`]);
}

it("the check of expiry dates passes until 180 days before the key of MySQL's repository expires, then prints the date and a command", () => {
  expect(on("2027-04-26")).toEqual({ status: 0, output: "" });
  const { status, output } = on("2027-04-27");
  expect(status).toBe(1);
  expect(output).toMatch(/^2027-10-23 ends: key of MySQL's apt repository; .*npm run ops upgrade\n$/);
  expect(on("2030-01-01").output).toContain("security support of Debian 13");
});

it("the check of expiry dates reports Cloudflare's client certificate 180 days before it is ten years old", () => {
  const created =
    "mkdir -p etc/nginx/tls && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=ca -keyout key -out etc/nginx/tls/origin-pull-ca.pem 2>/dev/null";
  const end = new Date();
  end.setUTCFullYear(end.getUTCFullYear() + 10);
  const reported = (daysBefore: number): boolean =>
    on(new Date(end.getTime() - daysBefore * 86_400_000).toISOString().slice(0, 10), created).output.includes(
      "ends: Cloudflare's client certificate; raise generations.originPullAuthority by one",
    );
  expect([reported(182), reported(178)]).toEqual([false, true]);
  expect(validityHours.certificate / 8766).toBe(10);
});

it.runIf(hasTools(["apt-get", "apt-ftparchive", "gpg"], "an expired key of a repository"))(
  "the update of package lists fails with apt's message if a repository's key has expired, although apt reports success",
  () => {
    const folder = temporaryFolder();
    writeBelow(folder, [
      { path: "etc/platform/apt-keys", content: "" },
      { path: "repository/Packages", content: "" },
      { path: "update-lists", permissions: "0755", content: fromRelease("update-lists", folder) },
      {
        path: "apt.conf",
        content: `Dir "${folder}/apt"; Dir::State::status "${folder}/status"; Dir::Etc::sourcelist "${folder}/sources.list"; Dir::Etc::sourceparts "-"; Dir::Bin::methods "/usr/lib/apt/methods"; APT::Sandbox::User "root";\n`,
      },
      { path: "status", content: "" },
      { path: "sources.list", content: `deb [signed-by=${folder}/key.gpg] file:${folder}/repository ./\n` },
    ]);
    const script = `
        cd ${folder}; mkdir -m 700 gpg; mkdir -p apt/var/lib/apt/lists/partial apt/var/cache/apt/archives/partial apt/etc/apt
        mkdir -p apt/state/lists/partial apt/cache/archives/partial
        export GNUPGHOME=$PWD/gpg APT_CONFIG=$PWD/apt.conf
        sign() {
          (cd repository; apt-ftparchive -o APT::FTPArchive::Release::Suite=$1 release . >../Release; mv ../Release .; gpg -q --batch --yes --clearsign -o InRelease Release)
        }
        gpg -q --batch --passphrase '' --quick-gen-key test rsa2048 sign seconds=8 2>/dev/null
        gpg -q --export >key.gpg
        sign one; sh ./update-lists; echo "valid $?"; ls var/lib/platform-updates
        rm var/lib/platform-updates/lists
        sign two; sleep 9
        apt-get -qq update >/dev/null 2>&1; echo "apt $?"
        sh ./update-lists; echo "expired $?"; ls var/lib/platform-updates; cat var/lib/platform-updates/output
        gpgconf --kill all`;
    const { output } = runTool("sh", ["-c", script]);
    expect(output).toMatch(/^valid 0\nlists\noutput\napt 0\nexpired 1\noutput\n/);
    expect(output).toMatch(/EXPKEYSIG|expired/i);
  },
  60_000,
);

const fileOf = (name: RegExp): string => part.files?.find(({ path }) => name.test(path))?.content ?? "";

it("the journal of a server is limited by size, free space and age, and survives a reboot", () => {
  const limits = ["Storage=persistent", "SystemMaxUse=1G", "SystemKeepFree=2G", "MaxRetentionSec=30day"];
  expect(fileOf(/journald\.conf\.d/).split("\n")).toEqual(expect.arrayContaining([...limits, "ForwardToSyslog=no"]));
});

it("logrotate runs every ten minutes instead of daily", () => {
  expect(fileOf(/logrotate\.timer\.d/)).toContain("[Timer]\nOnCalendar=\nOnCalendar=*:0/10\nRandomizedDelaySec=1m\n");
});

it("chrony uses three of Hetzner's time servers", () => {
  const servers = ["ntp1.hetzner.de", "ntp2.hetzner.com", "ntp3.hetzner.net"];
  expect(fileOf(/chrony.*\.sources$/).match(/^server \S+ iburst$/gm)).toEqual(
    servers.map((server) => `server ${server} iburst`),
  );
});

it("kernel settings restrict information and permissions of processes", () => {
  const settings = contentOf(part, "/etc/sysctl.d/60-hardening.conf").match(/^\w.* = .+$/gm);
  expect(settings?.sort()).toEqual([
    ...["fs.protected_fifos = 2", "fs.protected_regular = 2", "fs.suid_dumpable = 0"],
    ...["kernel.core_pattern = |/bin/false", "kernel.dmesg_restrict = 1", "kernel.kptr_restrict = 2"],
    ...["kernel.sysrq = 0", "kernel.unprivileged_bpf_disabled = 1", "kernel.yama.ptrace_scope = 1"],
    "net.core.bpf_jit_harden = 2",
  ]);
});

it("core dumps are disabled on servers, because memory contains secrets", () => {
  expect(contentOf(part, "/etc/systemd/system.conf.d/60-no-core-dumps.conf")).toBe("[Manager]\nDefaultLimitCORE=0\n");
});
