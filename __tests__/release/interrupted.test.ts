import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { create } from "tar";
import { expect, it } from "vitest";
import { temporaryFolder, writeBelow } from "../support/payload-files.js";

/** Returns whether a process is running. A process that has ended stays in the process table until its parent reads its status. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !/^\d+ \(.*\) Z /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}

/**
 * Runs a command with a separate temporary folder. Waits until the command's child process has written its process id, then sends SIGINT to
 * the command.
 */
async function interrupt(args: readonly string[], folder: string) {
  const temporary = join(folder, "tmp");
  mkdirSync(temporary);
  const pidFile = join(folder, "pid");
  const command = spawn(process.execPath, ["--import", "tsx", ...args], {
    stdio: "ignore",
    env: { PATH: process.env["PATH"], HOME: folder, TMPDIR: temporary, PID_FILE: pidFile },
  });
  while (!existsSync(pidFile) || readFileSync(pidFile, "utf8") === "") await setTimeout(50);
  const pid = Number(readFileSync(pidFile, "utf8"));
  const ended = once(command, "exit");
  command.kill("SIGINT");
  const [, signal] = (await ended) as [number | null, string | null];
  for (let tries = 0; isAlive(pid) && tries < 20; tries += 1) await setTimeout(50);
  const left = readdirSync(temporary).filter((name) => name.startsWith("release-"));
  return { signal, left, isOrphanAlive: isAlive(pid) };
}

const done = { signal: "SIGINT", left: [], isOrphanAlive: false };

it("Ctrl-C during app:build ends the application's build command and removes the temporary folder", async () => {
  const folder = temporaryFolder();
  writeBelow(folder, [
    { path: "build", content: '#!/bin/sh\necho $$ >"$PID_FILE"\nexec sleep 60\n', permissions: "0755" },
  ]);
  const args = ["release/build.ts", "--application", folder, "--folder", join(folder, "dist")];
  expect(await interrupt(args, folder)).toEqual(done);
});

it("Ctrl-C during app:check ends the started application and removes the temporary folder", async () => {
  const folder = temporaryFolder();
  const release = join(folder, "release");
  const server = 'require("node:fs").writeFileSync(process.argv[2], String(process.pid)); setInterval(() => {}, 1000);';
  const others = ["app-runs", "mysql-group", "mysql-backup", "platform"];
  writeBelow(release, [
    { path: "app/server.js", content: server },
    ...others.map((name) => ({ path: `${name}/a`, content: "" })),
  ]);
  const file = join(folder, "release.tar.gz");
  await create({ cwd: release, file, gzip: true }, ["app", ...others]);
  const settings = join(folder, "settings.json");
  const command = [process.execPath, "server.js", join(folder, "pid")];
  writeFileSync(settings, JSON.stringify({ application: { command } }));
  expect(await interrupt(["release/check.ts", file, "--settings", settings], folder)).toEqual(done);
});
