import { strangeKind } from "./kinds.js";
import type { Problem } from "./problem.js";

type Path = readonly PropertyKey[];

/** The problem of a value that is not plain data. */
export type Strange = Omit<Problem, "path"> & { readonly path: Path };

/** Limits that no realistic environment reaches: entries of a list or object, and levels of nesting. */
const most = { entries: 1000, levels: 10 } as const;

/**
 * Invisible characters except line feed and tab: control characters, direction marks, line separators, halves of surrogate pairs, and
 * noncharacters, because of which systemd would drop the whole line.
 */
const invisible = /(?![\n\t])[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}\p{Noncharacter_Code_Point}]/u;

const plainRule = "must be plain data (texts, numbers, true, false, lists and objects)";

/** The problem of a value itself; its entries are checked separately. */
function verdictOn(value: unknown, above: readonly object[]): Omit<Strange, "path"> | undefined {
  const kind = strangeKind(value);
  if (kind) return { rule: plainRule, got: value, fix: kind.fix };
  if (typeof value === "string" && invisible.test(value))
    return { rule: "must not contain invisible characters", got: value, fix: "type the text again" };
  if (typeof value !== "object" || value === null) return undefined;
  if (above.includes(value)) return { rule: "must not contain itself", got: "itself", fix: "write out the value" };
  if (above.length > most.levels)
    return { rule: `must have at most ${most.levels} levels`, got: "more", fix: "remove it" };
  const size = Array.isArray(value) ? value.length : Reflect.ownKeys(value).length;
  return size > most.entries
    ? { rule: `must have at most ${most.entries} entries`, got: size, fix: "list only what is needed" }
    : undefined;
}

/** Copies a value without entries that are not plain data, and reports these. @returns undefined if the value itself is not plain data */
function copy(value: unknown, path: Path, above: readonly object[], report: (strange: Strange) => void): unknown {
  const verdict = verdictOn(value, above);
  if (verdict) {
    report({ path, ...verdict });
    return undefined;
  }
  if (typeof value !== "object" || value === null) return value;
  const inner = [...above, value];
  if (Array.isArray(value)) return Array.from(value, (entry, index) => copy(entry, [...path, index], inner, report));
  const entries = Reflect.ownKeys(value).flatMap((key): readonly (readonly [PropertyKey, unknown])[] => {
    const property = Object.getOwnPropertyDescriptor(value, key);
    if (!property?.enumerable) return [];
    if (typeof key === "symbol" || key === "__proto__") {
      report({ path: [...path, key], rule: "must have another name", got: key, fix: "choose a plain word" });
      return [];
    }
    if (!("value" in property)) {
      report({ path: [...path, key], rule: plainRule, got: "a getter", fix: "write the value" });
      return [];
    }
    const copied = copy(property.value, [...path, key], inner, report);
    return copied === undefined ? [] : [[key, copied]];
  });
  return Object.fromEntries(entries);
}

/**
 * Copies the exported environment without values that JSON cannot represent, and reports these. The schema would mistake some of them (a Map) for
 * an empty object, and others (a getter) may return another value at each access.
 */
export function plainCopy(input: object): { readonly plain: unknown; readonly strange: readonly Strange[] } {
  const strange: Strange[] = [];
  const plain = copy(input, [], [], (one) => strange.push(one));
  return { plain, strange };
}
