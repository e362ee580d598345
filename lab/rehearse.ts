import { existsSync } from "node:fs";
import { mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { payloadHashOf } from "./blueprint.js";
import { runSteps } from "./cli/run-steps.js";
import { takeDown } from "./down.js";
import { labConfig } from "./environment.js";
import { settled } from "./group.js";
import { Lab } from "./lab.js";
import { layout } from "./layout.js";
import { applicationVisitor } from "./load/application-visitor.js";
import { underLoad, type UnderLoad } from "./load/under-load.js";
import { readRelease } from "./releases.js";
import { loadSettings } from "./settings.js";
import { takeLock } from "./system/lock.js";
import { surroundingSteps } from "./up.js";

/** What a rehearsal is told. */
export interface RehearsalProps {
  /** Commit that the servers are made from first: a branch, a tag, a hash. */
  readonly from: string;
  /** Reads, and writes, a second while the rollout goes on. @default 20 */
  readonly ratePerSecond?: number;
  /** Tarball of the application, absolute. @default - what each commit builds */
  readonly release?: string;
  /** JSON with the lines of its environment, absolute. @default - those of lab/input.ts */
  readonly settings?: string;
}

const root = fileURLToPath(new URL("..", import.meta.url));
const say = (line: string): void => console.log(line);

/**
 * Tries whether this tree can be rolled out over servers that another commit made: boots the lab from that commit, by its own code, then
 * runs `npm run ops rollout` of this tree while visitors read and write. Takes the lab down at the end, however it ends, and when it is
 * interrupted.
 * @returns exit code: 0 when no visitor noticed
 * @throws when it cannot begin: a lab is up, there is no such commit, its lab does not come up, nobody says how a visitor writes
 */
export async function rehearse(props: RehearsalProps): Promise<number> {
  const lock = await takeLock("npm run lab rehearse");
  if (await loadSettings(layout)) throw new Error("lab: is up; a rehearsal makes its own: npm run lab down first");
  const release = props.release && (await readRelease(props.release, props.settings));
  applicationVisitor(await labConfig(release ? { release } : {}));
  // The other commit's lab takes the lock itself.
  await lock.release();
  const interruption = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => interruption.abort());
  const folder = await mkdtemp(path.join(tmpdir(), "rehearsal-"));
  try {
    return await rehearseIn(path.join(folder, "tree"), props, interruption.signal);
  } catch (error) {
    if (!interruption.signal.aborted) throw error;
    say("interrupted");
    return 130;
  } finally {
    say("takes the lab down");
    await execa("git", ["worktree", "remove", "--force", path.join(folder, "tree")], { cwd: root, reject: false });
    await rm(folder, { recursive: true, force: true });
    await takeDown(layout);
  }
}

/** A command whose output is shown, and which ends when the rehearsal is interrupted. */
const shown = (cancelSignal: AbortSignal) => ({ cancelSignal, stdio: ["ignore", "inherit", "inherit"] }) as const;
type Shown = ReturnType<typeof shown>;

async function rehearseIn(tree: string, props: RehearsalProps, cancelSignal: AbortSignal): Promise<number> {
  const { ratePerSecond = 20 } = props;
  const options = shown(cancelSignal);
  await bootAsBefore(tree, props, options);
  await takeLock("npm run lab rehearse");
  say("what surrounds servers, and what they download, as this tree has it: what a deploy changes before a rollout");
  await runSteps(surroundingSteps(layout, (await loadSettings(layout))?.overrides ?? {}));
  const lab = await Lab.attach();
  const group = await settled(lab);
  const outdated = await outdatedServers(lab);
  if (outdated.length === 0) {
    say("PASSED: this tree's payload is the same, so that a rollout would do nothing");
    return 0;
  }
  say(`${outdated.join(", ")} to be replaced, under ${ratePerSecond} reads and ${ratePerSecond} writes a second`);
  const rolledOut = await underLoad(lab, group, { ratePerSecond }, async () => {
    const exitCode = await rollOut(options);
    return { exitCode, left: await outdatedServers(lab) };
  });
  const { passed, lines } = verdictOf(rolledOut);
  for (const line of lines) say(line);
  return passed ? 0 : 1;
}

/** Boots the lab as the other commit makes it, from a tree of its own. */
async function bootAsBefore(tree: string, { from, release, settings }: RehearsalProps, options: Shown): Promise<void> {
  const { stdout: commit } = await execa("git", ["rev-parse", "--verify", "--quiet", `${from}^{commit}`], {
    cwd: root,
  }).catch(() => {
    throw new Error(`rehearse: there is no commit ${from} in this repository`);
  });
  say(`a lab as ${commit.slice(0, 10)} (${from}) makes it`);
  await execa("git", ["worktree", "add", "--detach", "--quiet", tree, commit], { ...options, cwd: root });
  await installDependencies(tree, commit, options);
  const application = [...(release ? ["--release", release] : []), ...(settings ? ["--settings", settings] : [])];
  // Without npm between, which would leave the command running when it is interrupted itself.
  await execa(process.execPath, ["--import", "tsx", "lab/cli.ts", "up", ...application], { ...options, cwd: tree });
}

/** Rolls this tree out. @returns exit code; `undefined` after a signal */
async function rollOut(options: Shown): Promise<number | undefined> {
  const { exitCode } = await execa(process.execPath, ["--import", "tsx", "ops/cli.ts", "rollout"], {
    ...options,
    cwd: root,
    env: { ENVIRONMENT: "lab" },
    reject: false,
  });
  options.cancelSignal.throwIfAborted();
  return exitCode;
}

/** Dependencies of the other commit: this tree's, where both name the same. */
async function installDependencies(tree: string, commit: string, options: Shown): Promise<void> {
  const named = ["package-lock.json", "providers"];
  const { exitCode } = await execa("git", ["diff", "--quiet", commit, "--", ...named], { cwd: root, reject: false });
  if (exitCode === 0 && existsSync(path.join(root, "node_modules")))
    await symlink(path.join(root, "node_modules"), path.join(tree, "node_modules"));
  else await execa("npm", ["ci", "--no-audit", "--no-fund", "--prefer-offline"], { ...options, cwd: tree });
}

async function outdatedServers({ machines, blueprint }: Lab): Promise<readonly string[]> {
  const payloads = await Promise.all(machines.map((machine) => machine.payload()));
  return machines.map(({ name }) => name).filter((name, index) => payloads[index] !== payloadHashOf(blueprint, name));
}

/** What a rollout under load has shown. */
type RolledOut = Omit<
  UnderLoad<{ readonly exitCode?: number | undefined; readonly left: readonly string[] }>,
  "reads" | "writes"
> & {
  readonly reads: Pick<UnderLoad<unknown>["reads"], "sent" | "failed" | "byStatus">;
  readonly writes: Pick<UnderLoad<unknown>["writes"], "sent" | "failed" | "byStatus" | "longestGap" | "kept">;
};

/** Whether a visitor noticed, or a server was left, with the figures. Pure. */
export function verdictOf({ result: { exitCode, left }, seconds, reads, writes, lost }: RolledOut): {
  readonly passed: boolean;
  readonly lines: readonly string[];
} {
  const lostCount = new Set(Object.values(lost).flat()).size;
  const faults = [
    ...(exitCode === 0 ? [] : [`the rollout ended with ${exitCode ?? "a signal"}`]),
    ...(left.length === 0 ? [] : [`not replaced: ${left.join(", ")}`]),
    ...(reads.failed + writes.failed === 0 ? [] : ["requests failed"]),
    ...(lostCount === 0 ? [] : ["acknowledged writes are lost"]),
  ];
  const answers = (byStatus: Readonly<Record<string, number>>): string =>
    Object.entries(byStatus)
      .map(([status, count]) => `${status}: ${count}`)
      .join(", ");
  return {
    passed: faults.length === 0,
    lines: [
      faults.length === 0 ? "PASSED: no visitor noticed" : `FAILED: ${faults.join("; ")}`,
      `  failed requests             ${reads.failed} of ${reads.sent} reads (${answers(reads.byStatus)}), ${writes.failed} of ${writes.sent} writes (${answers(writes.byStatus)})`,
      `  acknowledged writes lost    ${lostCount} of ${writes.kept.length}`,
      `  longest time without write  ${writes.longestGap.toFixed(1)} s`,
      `  rollout                     ${(seconds / 60).toFixed(1)} minutes`,
    ],
  };
}
