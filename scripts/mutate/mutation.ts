/** A small mistake that somebody could make in a file that ends up on servers, and that tests must notice. */
export interface Mutation {
  /** Path in the repository. */
  readonly file: string;
  /** Text that stands in the file exactly once. */
  readonly from: string;
  readonly to: string;
  /** What would happen on a server, or to visitors. */
  readonly harm: string;
}

/** Such mistakes in a part of the payload, by the file below its `files/`. */
export type KnownMistakes = Readonly<Record<string, readonly (readonly [from: string, to: string, harm: string])[]>>;

/** A mistake at one place of one file. */
export interface Change {
  /** Path in the repository. */
  readonly file: string;
  /** Where the replaced text begins, in characters from the file's beginning. */
  readonly at: number;
  readonly from: string;
  readonly to: string;
  /** In words, for who reads the result. */
  readonly label: string;
}

/** Where a known mistake is made. @throws Error when the text to change is not there exactly once */
export function changeOf(text: string, { file, from, to, harm }: Mutation): Change {
  const found = text.split(from).length - 1;
  if (found !== 1)
    throw new Error(
      `scripts/mutate: ${JSON.stringify(from)} must stand once in ${file}, found ${found} times; update the list`,
    );
  return { file, at: text.indexOf(from), from, to, label: `${from.trim()} -> ${to.trim() || "nothing"} (${harm})` };
}

/** A file's text with these mistakes in it. Undefined when two of them are at the same place. */
export function changed(text: string, changes: readonly Change[]): string | undefined {
  let [result, end] = [text, Infinity];
  for (const { at, from, to } of [...changes].sort((one, other) => other.at - one.at)) {
    if (at + from.length > end) return undefined;
    result = result.slice(0, at) + to + result.slice(at + from.length);
    end = at;
  }
  return result;
}
