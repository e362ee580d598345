import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";

export const project = resolve(import.meta.dirname, "../..");

/** A mutant of a file for servers. */
export interface Mutant {
  /** Path of the file in the repository. */
  readonly file: string;
  /** Description of the mutant in the report. */
  readonly label: string;
  /** Complete text of the file with the mutation. */
  readonly text: string;
}

const replaced = (text: string, at: number, from: string, to: string): string =>
  text.slice(0, at) + to + text.slice(at + from.length);

/** Creates a mutant that replaces one text with another text. @throws Error if the replaced text does not occur exactly once in the file */
export function knownMutant(file: string, text: string, from: string, to: string): Mutant {
  const found = text.split(from).length - 1;
  if (found !== 1)
    throw new Error(
      `scripts/mutate/known.json: ${JSON.stringify(from)} must occur exactly once in ${file}, found ${found} times; update the list`,
    );
  return {
    file,
    label: `${from.trim()} -> ${to.trim() || "nothing"}`,
    text: replaced(text, text.indexOf(from), from, to),
  };
}

/** Returns the mutants of known.json, which `mechanicalMutants` cannot generate. */
export function knownMutants(): readonly Mutant[] {
  const list = JSON.parse(readFileSync(join(import.meta.dirname, "known.json"), "utf8")) as Record<
    string,
    readonly (readonly [from: string, to: string])[]
  >;
  return Object.entries(list).flatMap(([name, changes]) => {
    const file = `modules/machine/parts/${name.replace("/", "/files/")}`;
    const text = readFileSync(join(project, file), "utf8");
    return changes.map(([from, to]) => knownMutant(file, text, from, to));
  });
}

/** Pairs of opposite words and operators in configuration files and shell scripts. */
const opposites = [
  ["on", "off"],
  ["ON", "OFF"],
  ["yes", "no"],
  ["true", "false"],
  [" && ", " || "],
  [" = ", " != "],
  [" -eq ", " -ne "],
  [" -z ", " -n "],
  [" -lt ", " -le "],
  [" -gt ", " -ge "],
] as const;
const others = new Map<string, string>(
  opposites.flatMap(([one, other]) => [
    [one, other],
    [other, one],
  ]),
);

/** Matches a word of `opposites`, a number with or without a unit, an option of a command, or a negation. */
const places =
  /(?<=^|[\s=;"'([])(?:on|off|ON|OFF|yes|no|true|false)(?=$|[\s;"')\]])| (?:&&|\|\||!?=|-eq|-ne|-z|-n|-lt|-le|-gt|-ge) |(?<=[\s=:{])\d+(?=[a-zA-Z]{0,3}(?:$|[\s;}]))| --?[a-z][a-z-]*(?:=\S+)?(?= )|(?<=^|[\s(])! /g;

/** Returns the replacement of a text that matches `places`: the opposite, ten times the number, or an empty text. */
const wrong = (text: string): string =>
  others.get(text) ?? (/^\d+$/.test(text) ? (text === "0" ? "1" : `${text}0`) : "");

/** Checks whether a line is empty, a comment or a block of the template language. */
const isRemark = (line: string): boolean => /^\s*(#|\/\/|\{\{[#/]|\{\{else|$)/.test(line);

/** Checks whether a line opens, continues or closes a block. A file without such a line cannot be parsed. */
const isFrame = (line: string): boolean =>
  /^\s*(set -eu|[{}()\];]+$|fi$|esac$|done\b|else$)|(\{|\(|; then|; do| in)$/.test(line);

/**
 * Returns mutants of a file. Each mutant lacks one line, or has one changed word, number or option. Comments and help texts are not
 * mutated.
 */
export function mechanicalMutants(file: string, text: string): readonly Mutant[] {
  const mutants: Mutant[] = [];
  let [at, number, isHelp] = [0, 0, false];
  for (const line of text.split(/(?<=\n)/)) {
    number += 1;
    if (/^TEXT$|<<'TEXT'$/.test(line.trimEnd())) isHelp = !isHelp;
    const add = (offset: number, from: string, to: string, label: string): void =>
      void mutants.push({ file, label: `${number}: ${label}`, text: replaced(text, at + offset, from, to) });
    if (!isHelp && !isRemark(line)) {
      if (!isFrame(line.trimEnd())) add(0, line, "", `without ${line.trim()}`);
      for (const { 0: found, index } of line.matchAll(places)) {
        const to = wrong(found);
        add(index, found, to, `${line.trim()}: ${found.trim()} -> ${to.trim() || "nothing"}`);
      }
    }
    at += line.length;
  }
  return mutants;
}
