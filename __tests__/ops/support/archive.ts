import { existsSync, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { vi } from "vitest";
import { temporaryFolder, writeBelow } from "../../support/payload-files.js";

/** Input that a command of the archive program received. */
interface Given {
  readonly settings: object;
  readonly keys: Readonly<Record<string, unknown>>;
  readonly [more: string]: unknown;
}

/**
 * Runs an ops command with a fake archive program.
 * @param answers result of the archive program by its command; all other commands of the archive program fail
 * @returns the input of each archive command, the output and the exit code
 */
export async function withArchive(answers: Readonly<Record<string, unknown>>, command: () => Promise<unknown>) {
  const folder = temporaryFolder();
  const said = vi.spyOn(console, "log").mockReturnValue(undefined);
  vi.stubEnv("PATH", [`${folder}/bin`, process.env["PATH"]].join(delimiter));
  vi.stubEnv("BACKUP_OWNER_KEY", "owner:secret");
  vi.stubEnv(
    "TF_VAR_backup_bucket_keys",
    JSON.stringify({ alpha: "writer:alpha", bravo: "writer:bravo", charlie: "writer:charlie" }),
  );
  vi.stubEnv("TF_VAR_restore_bucket_key", "reader:secret");
  // The fake runs as `python3 -B PROGRAM COMMAND`, so the command is argument 3.
  const program = `#!/bin/sh\ncat >${folder}/given-$3; cat ${folder}/answer-$3 2>/dev/null || { echo "the bucket is away" >&2; exit 1; }\n`;
  writeBelow(folder, [
    { path: "bin/python3", permissions: "0755", content: program },
    ...Object.entries(answers).map(([name, answer]) => ({ path: `answer-${name}`, content: JSON.stringify(answer) })),
  ]);
  const given = (name: string): Given | undefined => {
    const file = join(folder, `given-${name}`);
    return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Given) : undefined;
  };
  try {
    const code = await command();
    return { code, given, said: said.mock.calls.flat().join("\n") };
  } finally {
    vi.unstubAllEnvs();
    said.mockRestore();
  }
}
