import type { Change } from "./mutation.js";

/** Words and signs that stand for the opposite of each other, in configurations and in shell. */
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

/** A word of `opposites`, a number that stands by itself or has a unit, an option of a command, and a negation. */
const places =
  /(?<=^|[\s=;"'([])(?:on|off|ON|OFF|yes|no|true|false)(?=$|[\s;"')\]])| (?:&&|\|\||!?=|-eq|-ne|-z|-n|-lt|-le|-gt|-ge) |(?<=[\s=:{])\d+(?=[a-zA-Z]{0,3}(?:$|[\s;}]))| --?[a-z][a-z-]*(?:=\S+)?(?= )|(?<=^|[\s(])! /g;

/** What is wrong in place of a text that `places` has found: another word, ten times the number, nothing. */
const wrong = (text: string): string =>
  others.get(text) ?? (/^\d+$/.test(text) ? (text === "0" ? "1" : `${text}0`) : "");

/** Comments, and lines for templates. */
const isRemark = (line: string): boolean => /^\s*(#|\/\/|\{\{[#/]|\{\{else|$)/.test(line);

/** Lines that begin, go on with or end what other lines belong to: without them a file is not read at all. */
const isFrame = (line: string): boolean =>
  /^\s*(set -eu|[{}()\];]+$|fi$|esac$|done\b|else$)|(\{|\(|; then|; do| in)$/.test(line);

/** Mechanical mistakes in a file, but for comments and words of help: each line left out, and in each line one word, number or option at a time. */
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
