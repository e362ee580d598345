import { randomUUID } from "node:crypto";
import { access, chmod, link, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

/** Stored text, and the version that a conditional write must state. */
export interface Stored {
  readonly text: string;
  readonly version: string;
}

/** One text that several processes read and write. A write succeeds only if the text is still the version that the writer knows. */
export interface Store {
  /** Path or address, for messages. */
  readonly place: string;
  /** @returns `undefined` if nothing was ever stored */
  read(): Promise<Stored | undefined>;
  /**
   * Every text must be unique: a store recognizes its own write by the text when the response was lost.
   * @param expected version to replace; `undefined`: nothing is stored yet
   * @returns the new version; `undefined` if another version is stored
   */
  write(text: string, expected: string | undefined): Promise<string | undefined>;
  /** Removes the text without a condition. Only for a store that no other process uses. */
  clear(): Promise<void>;
}

/** Creates a folder that only its owner can enter, or takes this right from others. */
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
 * Files with ascending numbers, of which the highest is valid: a file system can create a file exclusively, but not replace one
 * conditionally. The highest file is never removed, so an outdated number cannot become valid again.
 */
export class FileStore implements Store {
  constructor(readonly place: string) {}

  async read(): Promise<Stored | undefined> {
    for (;;) {
      const number = (await this.numbers()).at(-1);
      if (number === undefined) return undefined;
      const text = await readFile(this.file(number), "utf8").catch(unless("ENOENT"));
      // Otherwise it was replaced in between.
      if (text !== undefined) return { text, version: `${number}` };
    }
  }

  async write(text: string, expected: string | undefined): Promise<string | undefined> {
    await privateFolder(dirname(this.place));
    const number = Number(expected ?? 0) + 1;
    // Linked when complete, so that no process reads an incomplete file.
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
    // In ascending order: a slow writer then finds its expected version missing.
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

  /** Versions before 0.2 wrote the file without a number. */
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
