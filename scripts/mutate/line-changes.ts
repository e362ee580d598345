import type { Change } from "./mutation.js";

/** Pairs of opposite words and operators in configurations and shell. */
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

/** A word of `opposites`, a number with or without a unit, an option of a command, or a negation. */
const places =
  /(?<=^|[\s=;"'([])(?:on|off|ON|OFF|yes|no|true|false)(?=$|[\s;"')\]])| (?:&&|\|\||!?=|-eq|-ne|-z|-n|-lt|-le|-gt|-ge) |(?<=[\s=:{])\d+(?=[a-zA-Z]{0,3}(?:$|[\s;}]))| --?[a-z][a-z-]*(?:=\S+)?(?= )|(?<=^|[\s(])! /g;

/** The replacement of a text that matches `places`: the opposite, ten times the number, or nothing. */
const wrong = (text: string): string =>
  others.get(text) ?? (/^\d+$/.test(text) ? (text === "0" ? "1" : `${text}0`) : "");

/** Comments, and lines for templates. */
const isRemark = (line: string): boolean => /^\s*(#|\/\/|\{\{[#/]|\{\{else|$)/.test(line);

/** Lines that open, continue or close a block. Removing one makes the file unparsable. */
const isFrame = (line: string): boolean =>
  /^\s*(set -eu|[{}()\];]+$|fi$|esac$|done\b|else$)|(\{|\(|; then|; do| in)$/.test(line);

/** Mechanical mutants of a file, except comments and help texts: removes each line, and changes each word, number and option. */
export function lineChanges(file: string, text: string): readonly Change[] {
  const changes: Change[] = [];
  let [at, number, isHelp] = [0, 0, false];
  for (const line of text.split(/(?<=\n)/)) {
    number += 1;
    if (/^TEXT$|<<'TEXT'$/.test(line.trimEnd())) isHelp = !isHelp;
    const add = (from: string, to: string, offset: number, label: string): void =>
      void changes.push({ file, at: at + offset, from, to, label: `${number}: ${label}` });
    if (!isHelp && !isRemark(line)) {
      if (!isFrame(line.trimEnd())) add(line, "", 0, `without ${line.trim()}`);
      for (const { 0: found, index } of line.matchAll(places)) {
        const to = wrong(found);
        add(found, to, index, `${line.trim()}: ${found.trim()} -> ${to.trim() || "nothing"}`);
      }
    }
    at += line.length;
  }
  return changes;
}
