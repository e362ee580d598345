import * as z from "zod";
import { environmentSchema } from "./schema.js";

/** Keywords of a JSON schema (draft 2020-12) that this module reads. All keywords are optional. */
interface Schema {
  readonly type?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: Schema | boolean;
  readonly propertyNames?: { readonly enum?: readonly string[] };
  readonly items?: Schema;
  readonly oneOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
}

/** One setting of an environment, as declared in the schema. */
export interface Setting {
  /**
   * Keys of the setting, starting at the top level. `*` is a placeholder for any name, `[]` for any index of a list.
   */
  readonly path: readonly string[];
  /** Allowed names if the path ends with `*`. @default - any name */
  readonly names?: readonly string[];
  /** Type of the setting, for example `"terminate" | "passthrough"`. */
  readonly type: string;
  readonly required: boolean;
  /** Default value of the setting. @default - none, or only stated in the description */
  readonly default?: unknown;
}

function typeText(schema: Schema): string {
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.type === "array") return `list of ${typeText(schema.items ?? {})}`;
  return schema.type ?? "object";
}

/**
 * Returns the settings below a part of the schema. For a union, returns the settings of all alternatives without
 * duplicates.
 */
function below(schema: Schema, path: readonly string[]): readonly Setting[] {
  const named = Object.entries(schema.properties ?? {}).flatMap(([key, child]) =>
    settingsOf(child, [...path, key], schema.required?.includes(key) ?? false),
  );
  const anyName =
    typeof schema.additionalProperties === "object"
      ? settingsOf(schema.additionalProperties, [...path, "*"], false).map((setting, index) =>
          index === 0 && schema.propertyNames?.enum ? { ...setting, names: schema.propertyNames.enum } : setting,
        )
      : [];
  const entries = schema.items ? below(schema.items, [...path, "[]"]) : [];
  const alternatives = (schema.oneOf ?? schema.anyOf ?? []).flatMap((option) => below(option, path));
  return [...named, ...anyName, ...entries, ...mergeAlternatives(alternatives)];
}

function mergeAlternatives(settings: readonly Setting[]): readonly Setting[] {
  const byPath = new Map<string, Setting>();
  for (const setting of settings) {
    const key = setting.path.join(".");
    const earlier = byPath.get(key);
    const type = earlier && earlier.type !== setting.type ? `${earlier.type} | ${setting.type}` : setting.type;
    byPath.set(key, { ...(earlier ?? setting), type });
  }
  return [...byPath.values()];
}

function settingsOf(schema: Schema, path: readonly string[], required: boolean): readonly Setting[] {
  const children = below(schema, path);
  const own: Setting = {
    path,
    type: typeText(schema),
    required,
    ...(schema.default === undefined ? {} : { default: schema.default }),
  };
  return [own, ...children];
}

/** Returns all settings of an environment, in the order of the schema. */
export const settings = (): readonly Setting[] =>
  below(z.toJSONSchema(environmentSchema, { io: "input", unrepresentable: "any" }) as Schema, []);

/** Returns the keys that the schema allows below a path of an environment's file. */
export function keysBelow(path: readonly PropertyKey[]): readonly string[] {
  const matches = (setting: Setting): boolean =>
    setting.path.length === path.length + 1 &&
    path.every((key, index) => {
      const own = setting.path[index];
      return own === "*" || own === (typeof key === "number" ? "[]" : key);
    });
  return settings()
    .filter(matches)
    .flatMap((setting) => setting.names ?? [setting.path[path.length] ?? ""])
    .filter((key) => key !== "*");
}
