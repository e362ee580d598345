import { randomUUID } from "node:crypto";
import { access, chmod, link, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

/** Stored text and its version. A conditional write must state this version. */
export interface Stored {
  readonly text: string;
  readonly version: string;
}

/**
 * Stores one text that several processes read and write. A write succeeds only if the stored version is the version that the writer has
 * read.
 */
export interface Store {
  /** Path or address of the stored text, for messages. */
  readonly place: string;
  /** Reads the stored text. @returns `undefined` if no text was ever stored */
  read(): Promise<Stored | undefined>;
  /**
   * Replaces the stored text. Every text must be unique, because a store whose response was lost recognizes its own write by the text.
   * @param expected version to replace; `undefined`: no text is stored yet
   * @returns the new version; `undefined` if another version is stored
   */
  write(text: string, expected: string | undefined): Promise<string | undefined>;
  /** Removes the text without a condition. Only for a store that no other process uses. */
  clear(): Promise<void>;
}

/** Creates a folder that only its owner can enter. If the folder exists, removes this right of other users. */
export async function privateFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await chmod(folder, 0o700);
}

const unless =
  (code: string) =>
  (error: NodeJS.ErrnoException): undefined => {
    if (error.code !== code) throw error;
  };

/**
 * Stores each version in a new file with a higher number; the file with the highest number is valid. The reason: a file system can create
 * a file exclusively, but cannot replace a file conditionally. The file with the highest number is never removed, so an outdated version
 * cannot become valid again.
 */
export class FileStore implements Store {
  constructor(readonly place: string) {}

  async read(): Promise<Stored | undefined> {
    for (;;) {
      const number = (await this.numbers()).at(-1);
      if (number === undefined) return undefined;
      const text = await readFile(this.file(number), "utf8").catch(unless("ENOENT"));
      // If the file is gone, another process has replaced the version since the list was read.
      if (text !== undefined) return { text, version: `${number}` };
    }
  }

  async write(text: string, expected: string | undefined): Promise<string | undefined> {
    await privateFolder(dirname(this.place));
    const number = Number(expected ?? 0) + 1;
    // The file is written under another name and linked when it is complete, so no process reads an incomplete file.
    const complete = `${this.place}-${randomUUID()}`;
    await writeFile(complete, text, { mode: 0o600 });
    const isFirst = await link(complete, this.file(number)).then(() => true, unless("EEXIST"));
    await rm(complete);
    if (!isFirst) return undefined;
    const isOutdated = expected !== undefined && !(await this.exists(Number(expected)));
    const numbers = await this.numbers();
    if (isOutdated || numbers.at(-1) !== number) {
      await rm(this.file(number), { force: true });
      return undefined;
    }
    // Old files are removed in ascending order, so that a slow writer no longer finds the version that it expects.
    for (const old of numbers.slice(0, -1)) await rm(this.file(old), { force: true });
    return `${number}`;
  }

  async clear(): Promise<void> {
    for (const number of await this.numbers()) await rm(this.file(number), { force: true });
  }

  private exists(number: number): Promise<boolean> {
    return access(this.file(number)).then(
      () => true,
      () => false,
    );
  }

  /** Returns the path of a version's file. Releases before 0.2 of this project wrote the first file without a number. */
  private file(number: number): string {
    return number === 0 ? this.place : `${this.place}.${number}`;
  }

  private async numbers(): Promise<readonly number[]> {
    const names = (await readdir(dirname(this.place)).catch(unless("ENOENT"))) ?? [];
    return names
      .map((name) => (join(dirname(this.place), name) === this.place ? "0" : this.suffixOf(name)))
      .filter((suffix) => /^\d+$/.test(suffix))
      .map(Number)
      .sort((one, other) => one - other);
  }

  private suffixOf(name: string): string {
    const start = `${basename(this.place)}.`;
    return name.startsWith(start) ? name.slice(start.length) : "";
  }
}
