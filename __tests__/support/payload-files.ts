import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";
import type { Config } from "../../modules/config/schema.js";
import type { PayloadContext, PayloadPart } from "../../modules/machine/part/part.js";
import { exampleConfig } from "./config.js";
import { serverOf } from "./servers.js";

type Part = (context: PayloadContext) => PayloadPart;

/** Returns a part of the payload for one server. The files that only this server gets come last. */
export function partOf(part: Part, config: Config = exampleConfig(), name = "alpha"): PayloadPart {
  const server = serverOf(config, name);
  const { ownFiles, ...shared } = part({ config, roles: server.roles });
  return { ...shared, files: [...(shared.files ?? []), ...(ownFiles?.(server) ?? [])] };
}

/** Returns the content of a file that a part delivers. @throws Error if the part has no such file */
export function contentOf(part: PayloadPart, path: string): string {
  const file = part.files?.find((candidate) => candidate.path === path);
  if (!file) throw new Error(`no file ${path} in this part; it has ${part.files?.map((each) => each.path).join(", ")}`);
  return file.content;
}

/** Creates a folder that is deleted at the end of the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "payload-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

/**
 * Runs a function with a new folder and then deletes the folder. `concurrent` tests cannot use temporaryFolder, because they share one list
 * of cleanup functions.
 */
export async function inTemporaryFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "payload-"));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Writes the files of a part below a folder, each at its path. */
export function writeBelow(
  folder: string,
  files: readonly { path: string; content?: string; permissions?: string }[],
): void {
  for (const { path, content, permissions = "0644" } of files) {
    if (content === undefined) continue;
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content, { mode: parseInt(permissions, 8) });
  }
}
