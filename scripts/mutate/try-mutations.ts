import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync, mkdirSync, copyFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { execa } from "execa";
import { mutated, type Mutation } from "./mutation.js";

const project = resolve(import.meta.dirname, "../..");

/** What the copy takes from the project as it stands: installed, not tracked. */
const linked = ["node_modules", "providers/hcloud/lib"];

/** A copy of the project's files, so that a run changes nothing and an interrupted one leaves nothing behind. */
async function copyOfProject(): Promise<string> {
  const copy = mkdtempSync(join(tmpdir(), "mutate-"));
  const { stdout } = await execa("git", ["ls-files", "--cached", "--others", "--exclude-standard"], { cwd: project });
  for (const file of stdout.split("\n")) {
    mkdirSync(dirname(join(copy, file)), { recursive: true });
    copyFileSync(join(project, file), join(copy, file));
  }
  for (const folder of linked) symlinkSync(join(project, folder), join(copy, folder));
  return copy;
}

/** Whether the unit tests fail in a folder. */
async function testsFail(folder: string): Promise<boolean> {
  const { exitCode } = await execa("npx", ["vitest", "run", "--bail=1", "--reporter=dot"], {
    cwd: folder,
    reject: false,
    env: { CI: "true" },
  });
  return exitCode !== 0;
}

/**
 * Makes each mistake in a copy of the project and runs the unit tests there.
 * @param report is told of each as it comes
 * @returns how many the tests noticed
 * @throws Error when the tests fail without a mistake
 */
export async function tryMutations(
  mutations: readonly Mutation[],
  report: (mutation: Mutation, isNoticed: boolean) => void,
): Promise<number> {
  const copy = await copyOfProject();
  try {
    if (await testsFail(copy))
      throw new Error("scripts/mutate: the unit tests fail without any mistake; mend them first");
    let noticed = 0;
    for (const mutation of mutations) {
      const file = join(copy, mutation.file);
      const text = readFileSync(file, "utf8");
      writeFileSync(file, mutated(text, mutation));
      const isNoticed = await testsFail(copy);
      writeFileSync(file, text);
      if (isNoticed) noticed += 1;
      report(mutation, isNoticed);
    }
    return noticed;
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}
