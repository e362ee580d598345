import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { hasTool, runTool } from "../../support/tools.js";
import { sshIn } from "../support/ssh.js";

const canFindProcesses = hasTool("pgrep", "that a command on a server ends with its time limit");
const folder = mkdtempSync(join(tmpdir(), "ssh-"));
afterAll(() => rmSync(folder, { recursive: true }));

const login = { name: "alpha", address: "192.0.2.1", hostKey: "" };

// Like sshd, this program passes the last argument to a shell.
const ssh = sshIn(folder, [], { through: ["sh", "-c", 'shift $(($# - 1)); exec sh -c "$1"', "sh"] });

it("a command that runs on a server over SSH receives its arguments and its input unchanged", async () => {
  const words = ["it's", 'a "b"', "$HOME", "`id`", "a\\b", "", "ä;|&<>*?", "two\nlines"];
  expect(await ssh.run(login, ["sh", "-c", 'cat; printf "[%s]" "$@"', "sh", ...words], { input: "a secret" })).toBe(
    `a secret${words.map((word) => `[${word}]`).join("")}`,
  );
});

it("an SSH command that fails is reported with exit code and arguments, while an unreachable server causes another error", async () => {
  await expect(ssh.run(login, ["sh", "-c", "echo why >&2; exit 7"])).rejects.toThrow(
    "alpha: sh -c 'echo why >&2; exit 7' ended with 7\nwhy",
  );
  expect(await ssh.tryRun(login, ["sh", "-c", "exit 7"])).toMatchObject({ ok: false, exitCode: 7, reached: true });
  expect(await ssh.tryRun(login, ["sh", "-c", "exit 255"])).toMatchObject({ ok: false, reached: false });
});

it.runIf(canFindProcesses)(
  "a command that runs on a server over SSH is stopped on the server after its time limit",
  async () => {
    const ended = await ssh.tryRun(login, ["sleep", `61.${process.pid}`], { timeoutSeconds: 1 });
    expect(ended).toMatchObject({ ok: false, reached: true, exitCode: 124 });
    expect(runTool("pgrep", ["-f", `^sleep 61.${process.pid}`]).output).toBe("");
  },
);

it.runIf(canFindProcesses)(
  "a command that ignores SIGTERM on a server is killed soon after its time limit",
  async () => {
    const ended = await ssh.tryRun(login, ["sh", "-c", `trap '' TERM; exec sleep 62.${process.pid}`], {
      timeoutSeconds: 1,
    });
    expect(ended).toMatchObject({ ok: false, reached: true, exitCode: 137 });
    expect(runTool("pgrep", ["-f", `^sleep 62.${process.pid}`]).output).toBe("");
  },
);

it.runIf(hasTool("ssh", "the settings of ssh"))(
  "the options for the ssh program disable prompts and user settings, and limit the wait for an unreachable server",
  async () => {
    // Makes ssh print its effective options.
    const asked = sshIn(folder, [], {
      through: ["sh", "-c", 'shift; echo "$@"; exec ssh -G "$@"', "sh"],
      identityFile: "/a/key",
    });
    const { stdout } = await asked.tryRun(login, ["true"]);
    expect(stdout).toMatch(/^-F \/dev\/null -o /);
    const settings = new Map(stdout.split("\n").map((line) => line.split(/ (.*)/, 2) as [string, string]));
    const seconds = (name: string): number => Number(settings.get(name));
    expect(Object.fromEntries(settings)).toMatchObject({
      user: "root",
      hostname: "192.0.2.1",
      hostkeyalias: "alpha",
      batchmode: "yes",
      stricthostkeychecking: "true",
      updatehostkeys: "false",
      globalknownhostsfile: "/dev/null",
      // The servers have keys of this type. With other log levels, ssh would print messages into the output.
      hostkeyalgorithms: "ssh-ed25519",
      loglevel: "ERROR",
      identityfile: "/a/key",
      identitiesonly: "yes",
    });
    expect(settings.get("userknownhostsfile")).toMatch(new RegExp(`^${folder}/`));
    expect(seconds("connecttimeout")).toBeLessThanOrEqual(10);
    // The client detects within 30 s that a server no longer answers.
    expect(seconds("serveraliveinterval") * seconds("serveralivecountmax")).toBeLessThan(30);
    expect(seconds("serveraliveinterval")).toBeGreaterThan(0);
  },
);
