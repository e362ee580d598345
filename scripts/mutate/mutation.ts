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

/** A file's text with the mistake in it. @throws Error when the text to change is not there exactly once */
export function mutated(text: string, { file, from, to }: Mutation): string {
  const found = text.split(from).length - 1;
  if (found !== 1)
    throw new Error(
      `scripts/mutate: ${JSON.stringify(from)} must stand once in ${file}, found ${found} times; update the list`,
    );
  return text.replace(from, () => to);
}
