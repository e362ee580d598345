import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { execa } from "execa";
import { changed, type Change } from "./mutation.js";

const project = resolve(import.meta.dirname, "../..");

/** Installed, untracked folders that the copy links to. */
const linked = ["node_modules", "providers/hcloud/lib"];

/** Parallel runs. Many tests wait for programs. */
const atOnce = 2;

/** Copies the project's files, so that even an interrupted run changes nothing in the project. */
async function copyOfProject(): Promise<string> {
  const copy = mkdtempSync(join(tmpdir(), "mutate-"));
  const { stdout } = await execa("git", ["ls-files", "--cached", "--others", "--exclude-standard"], { cwd: project });
  for (const file of stdout.split("\n").filter((each) => existsSync(join(project, each)))) {
    mkdirSync(dirname(join(copy, file)), { recursive: true });
    copyFileSync(join(project, file), join(copy, file));
  }
  for (const folder of linked) symlinkSync(join(project, folder), join(copy, folder));
  return copy;
}

/**
 * The most relevant tests of a file: the tests of its payload component. A `*.programs.test.ts` with the name of a file tests only that file.
 */
function ownTests(file: string): readonly string[] {
  const [, part = "", name = ""] = /^modules\/machine\/parts\/([^/]+)\/files\/([^/.]+)/.exec(file) ?? [];
  const folder = `__tests__/modules/machine/parts/${part}`;
  if (!existsSync(join(project, folder))) return [];
  const named = readdirSync(join(project, `modules/machine/parts/${part}/files`)).map((each) => each.split(".")[0]);
  return readdirSync(join(project, folder))
    .filter((each) => each.endsWith(".test.ts"))
    .filter((each) => {
      const [about = "", kind] = each.split(".");
      return kind !== "programs" || about === name || !named.includes(about);
    })
    .map((each) => `${folder}/${each}`);
}

/** Whether tests fail in a copy with these changes. Undefined if the changes overlap. */
async function testsFail(
  copy: string,
  changes: readonly Change[],
  tests: readonly string[] = [],
): Promise<boolean | undefined> {
  const files = [...new Set(changes.map(({ file }) => file))].map((file) => {
    const text = readFileSync(join(project, file), "utf8");
    return {
      path: join(copy, file),
      text,
      wrong: changed(
        text,
        changes.filter((change) => change.file === file),
      ),
    };
  });
  if (files.some(({ wrong }) => wrong === undefined)) return undefined;
  for (const { path, wrong = "" } of files) writeFileSync(path, wrong);
  const { exitCode } = await execa(
    join(project, "node_modules/.bin/vitest"),
    ["run", "--bail=1", "--reporter=dot", ...(tests.length > 0 ? ["--maxWorkers=1", ...tests] : [])],
    {
      cwd: copy,
      reject: false,
      env: { CI: "true" },
    },
  );
  for (const { path, text } of files) writeFileSync(path, text);
  return exitCode !== 0;
}

/** Those of the mistakes that all tests together do not notice: all at once, and halves of them where that fails. */
async function unnoticed(copy: string, changes: readonly Change[]): Promise<readonly Change[]> {
  if (changes.length === 0) return [];
  const fails = await testsFail(copy, changes);
  if (fails === false) return changes;
  if (changes.length === 1) return [];
  const middle = Math.ceil(changes.length / 2);
  return [...(await unnoticed(copy, changes.slice(0, middle))), ...(await unnoticed(copy, changes.slice(middle)))];
}

/** @throws Error when these tests fail without a mistake */
async function requireSuccess(copy: string, tests: readonly string[] = []): Promise<void> {
  if (await testsFail(copy, [], tests))
    throw new Error("scripts/mutate: the tests fail without any mistake; mend them first");
}

/**
 * Makes each mistake in a copy of the project and runs the tests of its part there; then all tests with those that got past them.
 * @param isQuick leaves out the second step
 * @param report is told of each as it comes, and whether the tests of its part notice it
 * @returns those that no test notices
 * @throws Error when the tests fail without a mistake
 */
export async function tryChanges(
  changes: readonly Change[],
  isQuick: boolean,
  report: (change: Change, isNoticed: boolean) => void,
): Promise<readonly Change[]> {
  const copies = await Promise.all(Array.from({ length: atOnce }, copyOfProject));
  try {
    const [first = ""] = copies;
    const tests = [...new Set(changes.flatMap(({ file }) => ownTests(file)))];
    if (tests.length > 0) await requireSuccess(first, tests);
    const queue = [...changes];
    const left: Change[] = [];
    const work = async (copy: string): Promise<void> => {
      for (let change = queue.shift(); change; change = queue.shift()) {
        const own = ownTests(change.file);
        const isNoticed = own.length > 0 && (await testsFail(copy, [change], own)) === true;
        if (!isNoticed) left.push(change);
        report(change, isNoticed);
      }
    };
    await Promise.all(copies.map(work));
    if (isQuick || left.length === 0) return left;
    await requireSuccess(first);
    return await unnoticed(first, left);
  } finally {
    for (const copy of copies) rmSync(copy, { recursive: true, force: true });
  }
}
