import { types } from "node:util";

/** The kind of a value that JSON cannot represent, and what to write instead. */
export interface Kind {
  readonly name: string;
  readonly fix: string;
}

const asObject = "write it as an object { … }";

/** Objects of well-known classes. */
const known: readonly (readonly [is: (value: unknown) => boolean, name: string, fix: string])[] = [
  [types.isProxy, "a proxy", asObject],
  [types.isPromise, "a promise", "write `await` before it"],
  [types.isDate, "a Date", "write it as a text"],
  [types.isMap, "a Map", asObject],
  [types.isSet, "a Set", "write it as a list [ … ]"],
  [types.isRegExp, "a regular expression", "write it as a text"],
];

/** Whether an object with this prototype is a plain object. Object literals may come from another realm of Node. */
const isPlainPrototype = (prototype: object | null): boolean =>
  prototype === null || (Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype, "isPrototypeOf"));

/** The kind of a value that is not plain data. Executes no code of the value. @returns undefined for plain data */
export function strangeKind(value: unknown): Kind | undefined {
  switch (typeof value) {
    case "function":
      return { name: "a function", fix: "call it, and write its result" };
    case "symbol":
      return { name: "a symbol", fix: "write it as a text" };
    case "bigint":
      return { name: "a bigint", fix: "write it as a number, without n" };
    case "object": {
      if (value === null) return undefined;
      const found = known.find(([is]) => is(value));
      if (found) return { name: found[1], fix: found[2] };
      if (Array.isArray(value) || isPlainPrototype(Object.getPrototypeOf(value) as object | null)) return undefined;
      return { name: "an object of a class, or with __proto__", fix: asObject };
    }
    default:
      return undefined;
  }
}
