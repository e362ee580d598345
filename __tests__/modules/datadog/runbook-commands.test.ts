import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { allRotated } from "../../../modules/derived/generations.js";
import { archiveNotices, notices } from "../../../modules/platform/signals.js";
import { program } from "../../../ops/program.js";
import { runbookCommands } from "../../support/runbook.js";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const read = (path: string): string => readFileSync(`${root}/${path}`, "utf8");
const inventories = "__tests__/stacks/inventory";
const inventory = readdirSync(`${root}/${inventories}`)
  .map((name) => read(`${inventories}/${name}`))
  .join("\n");
const isInstalled = (name: string): boolean => new RegExp(`^  ${name}$`, "m").test(inventory);
const isInPayload = (path: string): boolean => inventory.includes(`  ${path} 0`);

/** Packages of Debian's base system, which are installed although no payload lists them. */
const base = ["apt", "coreutils", "iproute2", "openssl", "systemd", "util-linux"];

/** Package and known options of each program that the runbook uses. */
const programs: Readonly<Record<string, { readonly in: string; readonly options: readonly string[] }>> = {
  "apt-get": { in: "apt", options: [] },
  cat: { in: "coreutils", options: [] },
  chronyc: { in: "chrony", options: [] },
  curl: { in: "curl", options: ["-s"] },
  df: { in: "coreutils", options: ["-h", "-i"] },
  du: { in: "coreutils", options: ["-xh", "-x", "-sh", "--max-depth", "--inodes"] },
  findmnt: { in: "util-linux", options: ["--noheadings", "--output"] },
  ip: { in: "iproute2", options: [] },
  journalctl: { in: "systemd", options: ["-u", "-n", "-k", "--vacuum-size"] },
  ls: { in: "coreutils", options: [] },
  mysql: { in: "mysql-server", options: ["-e"] },
  networkctl: { in: "systemd-resolved", options: [] },
  nft: { in: "nftables", options: ["--check", "--file"] },
  nginx: { in: "nginx", options: ["-t"] },
  openssl: { in: "openssl", options: ["-noout", "-subject", "-enddate", "-in"] },
  ps: { in: "procps", options: ["-eo", "--sort"] },
  resize2fs: { in: "e2fsprogs", options: [] },
  systemctl: { in: "systemd", options: ["--failed", "--no-legend"] },
  tail: { in: "coreutils", options: ["-n"] },
  top: { in: "procps", options: ["-b", "-n", "-o"] },
  who: { in: "coreutils", options: [] },
};

/** Package that installs each systemd unit. */
const unitsOfPackages: Readonly<Record<string, string>> = {
  "apt-daily-upgrade": "apt",
  chrony: "chrony",
  "datadog-agent": "datadog-agent",
  haproxy: "haproxy",
  mysql: "mysql-server",
  nftables: "nftables",
  nginx: "nginx",
  ssh: "openssh-server",
};

const unitFolders = ["modules/machine/parts/backup/files/mysql-backup"];

function hasUnit(name: string): boolean {
  if (name === "multi-user.target") return true;
  const package_ = unitsOfPackages[name];
  return package_ === undefined
    ? isInPayload(`/etc/systemd/system/${name}.service`) ||
        unitFolders.some((folder) => existsSync(`${root}/${folder}/${name}.service`))
    : base.includes(package_) || isInstalled(package_);
}

/** Programs of this project, each with the file that defines its commands and options. */
const ours: Readonly<Record<string, string>> = {
  "deploy-app": "modules/machine/parts/application/files/deploy-app",
  "mysql-backup": "modules/machine/parts/backup/files/mysql-backup/cli.py",
  "mysql-data": "modules/machine/parts/mysql/files/mysql-data",
  "mysql-group": "modules/machine/parts/mysql/files/mysql-group/cli.py",
};

const isOption = (word: string): boolean => word.startsWith("-");
const isPlaceholder = (word: string): boolean => /^[A-Z]+$/.test(word);

/** Paths that exist on a server although the payload does not contain them. */
const knownPaths = [
  /^\/var\/log\/(nginx\/(access\.json|error\.log)|mysql\/error\.log|dpkg\.log)$/,
  /^\/var\/lib\/(mysql|mysql\/data|server-setup\/complete)$/,
  /^\/run\/reboot-required\.pkgs$/,
  // Programs that are part of the release; see platformScripts in release/build.ts.
  /^\/usr\/local\/lib\/platform\/(check-expiry|vendor-updates)$/,
  /^\/$/,
];

function problemOf(words: readonly string[]): string | undefined {
  const [name = "", ...rest] = words;
  const options = rest.filter(isOption).map((word) => word.split("=")[0] ?? "");
  for (const path of words.filter((word) => word.startsWith("/")))
    if (!isInPayload(path) && !knownPaths.some((known) => known.test(path)) && !isNotice(path))
      return `no path ${path}`;
  if (name.startsWith("/")) return undefined;
  if (name in ours) {
    const file = ours[name] ?? "";
    const known = read(file);
    const knows = (word: string): boolean =>
      file.endsWith(".py")
        ? new RegExp(`${isOption(word) ? "add_argument" : "add_parser"}\\(\\s*"${word}"`).test(known)
        : known.includes(word);
    return rest.find((word) => !isPlaceholder(word) && !knows(word));
  }
  const found = programs[name];
  if (found === undefined) return `no program ${name}`;
  if (!base.includes(found.in) && !isInstalled(found.in)) return `no package ${found.in}`;
  const [verb = "", ...units] = rest.filter((word) => !isOption(word));
  if (name === "systemctl" && !["list-units", "reboot"].includes(verb))
    for (const unit of units) if (!hasUnit(unit)) return `no unit ${unit}`;
  const unit = rest[rest.indexOf("-u") + 1];
  if (name === "journalctl" && rest.includes("-u") && !hasUnit(unit ?? "")) return `no unit ${unit}`;
  return options.find((option) => !found.options.includes(option));
}

const isNotice = (path: string): boolean =>
  [...Object.values(notices), ...Object.values(archiveNotices)].some((notice) => path === `/run/motd.d/${notice}`);

/** Splits a command line into shell words. A quoted text is one word. */
const wordsOf = (line: string): readonly string[] =>
  [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, word]) => quoted ?? word ?? "");

function opsProblem(line: string): string | undefined {
  const [npm, run, ops, name, ...rest] = wordsOf(line);
  if ([npm, run, ops].join(" ") !== "npm run ops") return "is not npm run ops";
  const command = program.commands.find((one) => one.name() === name);
  if (command === undefined) return `no command ${name}`;
  const separator = rest.indexOf("--");
  const before = separator < 0 ? rest : rest.slice(0, separator);
  const after = separator < 0 ? [] : rest.slice(separator + 1);
  if (before.some(isOption)) return "has an option before the double dash";
  const unknown = after.filter(isOption).find((option) => !command.options.some(({ long }) => long === option));
  if (unknown !== undefined) return `no option ${unknown}`;
  const required = command.registeredArguments.filter((argument) => argument.required).length;
  if (before.length < required || before.length > command.registeredArguments.length) return "has other arguments";
  const what = before[0];
  return name === "rotate" && ![...allRotated, "application-secrets"].some((one) => one === what)
    ? `cannot rotate ${what}`
    : undefined;
}

describe("commands of the runbook", () => {
  const commands = runbookCommands();

  it("the test of the runbook finds the expected number of commands", () => {
    expect(commands.filter(({ where }) => where === "server").length).toBeGreaterThan(50);
    expect(commands.filter(({ where }) => where === "operator").length).toBeGreaterThan(15);
  });

  it.each(commands.filter(({ where }) => where === "server").map(({ monitor, line }) => [monitor, line]))(
    "%s in the runbook uses a command that exists on a server: `%s`",
    (_, line) => {
      expect(problemOf(wordsOf(line))).toBeUndefined();
    },
  );

  it.each(commands.filter(({ where }) => where === "operator").map(({ monitor, line }) => [monitor, line]))(
    "%s in the runbook uses an operator command that exists with these options: `%s`",
    (_, line) => {
      expect(opsProblem(line)).toBeUndefined();
    },
  );

  it("the test of the runbook rejects a command with an unknown program, option, unit or path", () => {
    const wrong = ["dig name", "systemctl start mysql-bse", "cat /etc/nothing", "mysql-group restart", "df -q"];
    for (const line of wrong) expect(problemOf(wordsOf(line)), line).toBeDefined();
    const wrongOps = ["npm run ops rolback", "npm run ops release --rollback", "npm run ops rotate everything"];
    for (const line of [...wrongOps, "npm run ops replace", "npm run ops replace SERVER -- --force"])
      expect(opsProblem(line), line).toBeDefined();
  });
});
