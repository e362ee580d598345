import { closest, distance } from "fastest-levenshtein";

/** Returns the most similar known word if at most a third of the letters differ, otherwise `undefined`. */
function nearest(word: string, known: readonly string[]): string | undefined {
  if (known.length === 0) return undefined;
  const candidate = known.find((other) => other.toLowerCase() === word.toLowerCase()) ?? closest(word, known);
  if (candidate.toLowerCase() === word.toLowerCase()) return candidate;
  return distance(word, candidate) <= Math.max(1, Math.floor(candidate.length / 3)) ? candidate : undefined;
}

/** Returns a fix for an unknown word: the most similar word, or the list of known words. */
export function suggestion(word: string, known: readonly string[]): string {
  const candidate = nearest(word, known);
  return candidate === undefined ? `choose one of ${known.join(", ")}` : `did you mean ${candidate}?`;
}
