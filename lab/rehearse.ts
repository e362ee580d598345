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

/** Properties of {@link rehearse}. */
export interface RehearsalProps {
  /** Commit whose code creates the servers: a branch, a tag or a hash. */
  readonly from: string;
  /** Number of reads per second, and number of writes per second, during the rollout. @default 20 */
  readonly ratePerSecond?: number;
  /** Absolute path of the application's tarball. @default - each commit builds its own release */
  readonly release?: string;
  /** Absolute path of a JSON file with the application's settings. @default - the settings of lab/input.ts */
  readonly settings?: string;
}

const root = fileURLToPath(new URL("..", import.meta.url));
const say = (line: string): void => console.log(line);

/**
 * Tests a rollout of this tree to servers of another commit. Boots the lab from that commit with that commit's code, then runs
 * `npm run ops rollout` of this tree while visitors read and write. Always removes the lab at the end, even after a failure or an
 * interruption.
 * @returns exit code: 0 if no visitor noticed the rollout
 * @throws if a lab is running, the commit does not exist, the lab does not start, or `application.visitor` is missing
 */
export async function rehearse(props: RehearsalProps): Promise<number> {
  const lock = await takeLock("npm run lab rehearse");
  if (await loadSettings(layout))
    throw new Error("lab: a lab is running, but a rehearsal needs its own; run `npm run lab down` first");
  const release = props.release && (await readRelease(props.release, props.settings));
  applicationVisitor(await labConfig(release ? { release } : {}));
  // The lock must be free, because `lab up` of the other commit takes the same lock.
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
    say("removes the lab");
    await execa("git", ["worktree", "remove", "--force", path.join(folder, "tree")], { cwd: root, reject: false });
    await rm(folder, { recursive: true, force: true });
    await takeDown(layout);
  }
}

/** Returns the options of a command whose output is shown and that stops if the rehearsal is interrupted. */
const shown = (cancelSignal: AbortSignal) => ({ cancelSignal, stdio: ["ignore", "inherit", "inherit"] }) as const;
type Shown = ReturnType<typeof shown>;

async function rehearseIn(tree: string, props: RehearsalProps, cancelSignal: AbortSignal): Promise<number> {
  const { ratePerSecond = 20 } = props;
  const options = shown(cancelSignal);
  await bootAsBefore(tree, props, options);
  await takeLock("npm run lab rehearse");
  say("updates everything around the servers to this tree, as a deploy does before a rollout");
  await runSteps(surroundingSteps(layout, (await loadSettings(layout))?.overrides ?? {}));
  const lab = await Lab.attach();
  const group = await settled(lab);
  const outdated = await outdatedServers(lab);
  if (outdated.length === 0) {
    say("PASSED: the payload is unchanged, so a rollout would change nothing");
    return 0;
  }
  say(`replaces ${outdated.join(", ")} under ${ratePerSecond} reads and ${ratePerSecond} writes per second`);
  const rolledOut = await underLoad(lab, group, { ratePerSecond }, async () => {
    const exitCode = await rollOut(options);
    return { exitCode, left: await outdatedServers(lab) };
  });
  const { passed, lines } = verdictOf(rolledOut);
  for (const line of lines) say(line);
  return passed ? 0 : 1;
}

/** Starts the lab with the other commit's code, in a separate worktree. */
async function bootAsBefore(tree: string, { from, release, settings }: RehearsalProps, options: Shown): Promise<void> {
  const { stdout: commit } = await execa("git", ["rev-parse", "--verify", "--quiet", `${from}^{commit}`], {
    cwd: root,
  }).catch(() => {
    throw new Error(`rehearse: commit ${from} does not exist in this repository; fetch it, or use another one`);
  });
  say(`starts the lab from commit ${commit.slice(0, 10)} (${from})`);
  await execa("git", ["worktree", "add", "--detach", "--quiet", tree, commit], { ...options, cwd: root });
  await installDependencies(tree, commit, options);
  const application = [...(release ? ["--release", release] : []), ...(settings ? ["--settings", settings] : [])];
  // The command uses node directly, because an interrupted npm would leave the command running.
  await execa(process.execPath, ["--import", "tsx", "lab/cli.ts", "up", ...application], { ...options, cwd: tree });
}

/** Runs `npm run ops rollout` of this tree. @returns exit code; `undefined` if a signal ended the command */
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

/** Links this tree's dependencies if the other commit has the same dependencies; otherwise installs the other commit's dependencies. */
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

/** Result of a rollout during which visitors read and wrote. */
type RolledOut = Omit<
  UnderLoad<{ readonly exitCode?: number | undefined; readonly left: readonly string[] }>,
  "reads" | "writes"
> & {
  readonly reads: Pick<UnderLoad<unknown>["reads"], "sent" | "failed" | "byStatus">;
  readonly writes: Pick<UnderLoad<unknown>["writes"], "sent" | "failed" | "byStatus" | "longestGap" | "kept">;
};

/** Returns whether the rehearsal passed, and the lines of the printed report. */
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
