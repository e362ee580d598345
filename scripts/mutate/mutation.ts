/** A known mutant: a small mistake in a file for servers that tests must detect. */
export interface Mutation {
  /** Path in the repository. */
  readonly file: string;
  /** Text that occurs exactly once in the file. */
  readonly from: string;
  readonly to: string;
  /** The effect on a server or on visitors. */
  readonly harm: string;
}

/** Known mutants of a payload component, by the path below its `files/`. */
export type KnownMistakes = Readonly<Record<string, readonly (readonly [from: string, to: string, harm: string])[]>>;

/** A mutant: a change at one position of a file. */
export interface Change {
  /** Path in the repository. */
  readonly file: string;
  /** Offset of the replaced text in characters. */
  readonly at: number;
  readonly from: string;
  readonly to: string;
  /** Description for the report. */
  readonly label: string;
}

/** Finds the position of a known mutant. @throws Error if its text does not occur exactly once */
export function changeOf(text: string, { file, from, to, harm }: Mutation): Change {
  const found = text.split(from).length - 1;
  if (found !== 1)
    throw new Error(
      `scripts/mutate: ${JSON.stringify(from)} must occur exactly once in ${file}, found ${found} times; update the list`,
    );
  return { file, at: text.indexOf(from), from, to, label: `${from.trim()} -> ${to.trim() || "nothing"} (${harm})` };
}

/** A file's text with these changes. Undefined if two changes overlap. */
export function changed(text: string, changes: readonly Change[]): string | undefined {
  let [result, end] = [text, Infinity];
  for (const { at, from, to } of [...changes].sort((one, other) => other.at - one.at)) {
    if (at + from.length > end) return undefined;
    result = result.slice(0, at) + to + result.slice(at + from.length);
    end = at;
  }
  return result;
}
