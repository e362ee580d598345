import { format, resolveConfig } from "prettier";
import * as z from "zod";
import { environmentSchema } from "../../modules/config/schema.js";
import { typeText, type Schema } from "../../modules/config/settings.js";
import { chapters, type Chapter } from "./configuration.js";

const path = "modules/config/environment-input.ts";

/** The lines as a JSDoc comment; the end of a comment inside them is escaped. */
function comment(lines: readonly string[]): string {
  if (lines.length === 0) return "";
  const text = lines.flatMap((line) => line.split("\n")).map((line) => ` * ${line.replaceAll("*/", "*\\/")}`.trimEnd());
  return `/**\n${text.join("\n")}\n */\n`;
}

/** Text that an editor shows for a setting: meaning, limits, default. */
function documentation(schema: Schema): readonly string[] {
  return [
    ...(schema.description ? [schema.description] : []),
    ...(schema.default === undefined ? [] : [`@default ${JSON.stringify(schema.default)}`]),
  ];
}

const key = (name: string): string => (/^[a-zA-Z_$][\w$]*$/.test(name) ? name : JSON.stringify(name));

function properties(schema: Schema, examples: ReadonlyMap<string, string>): string {
  const required = new Set(schema.required);
  const lines = Object.entries(schema.properties ?? {}).map(([name, child]) => {
    const example = examples.get(name);
    const about = comment([...documentation(child), ...(example ? ["@example", example] : [])]);
    const optional = !required.has(name);
    return `${about}${key(name)}${optional ? "?" : ""}: ${typeOf(child)}${optional ? " | undefined" : ""};`;
  });
  return `{\n${lines.join("\n")}\n}`;
}

/** The TypeScript type that zod infers for the input of a schema. */
function typeOf(schema: Schema, examples: ReadonlyMap<string, string> = new Map()): string {
  const options = schema.oneOf ?? schema.anyOf;
  if (options) return options.map((option) => typeOf(option)).join(" | ");
  if (schema.enum ?? schema.const !== undefined) return typeText(schema);
  if (schema.properties) return properties(schema, examples);
  if (schema.type === "array") return `(${typeOf(schema.items ?? {})})[]`;
  if (schema.type === "object") return recordOf(schema);
  return schema.type === "integer" ? "number" : (schema.type ?? "unknown");
}

function recordOf({ additionalProperties, propertyNames }: Schema): string {
  const value = typeof additionalProperties === "object" ? typeOf(additionalProperties) : "unknown";
  const names = propertyNames?.enum;
  return names
    ? `{ [Name in ${names.map((name) => JSON.stringify(name)).join(" | ")}]?: ${value} | undefined }`
    : `Record<string, ${value}>`;
}

/** An example of each section, in the notation of an environment file. */
function examples(): ReadonlyMap<string, string> {
  const ofChapter = ({ example }: Chapter): readonly (readonly [string, string])[] =>
    Object.entries(example)
      .filter(([, value]) => value !== undefined)
      .map(
        ([name, value]) => [name, `${name}: ${JSON.stringify(value, null, 2).replaceAll(/"(\w+)":/g, "$1:")}`] as const,
      );
  return new Map(chapters.flatMap(ofChapter));
}

/** modules/config/environment-input.ts: the type of an environment file, with the documentation that editors show at each setting. */
export async function environmentInputModule(): Promise<string> {
  const schema = z.toJSONSchema(environmentSchema, { io: "input", unrepresentable: "any" }) as Schema;
  const text = [
    "// Generated from modules/config/schema.ts by `npm run docs`. Do not edit.",
    "",
    "/** An environment as its file writes it, before defaults are filled in. */",
    `export interface EnvironmentInput ${typeOf(schema, examples())}`,
  ].join("\n");
  return format(text, { ...(await resolveConfig(path)), filepath: path });
}
