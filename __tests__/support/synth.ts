import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Testing, type App, type TerraformStack } from "cdktf";
import type { Config } from "../../modules/config/schema.js";
import { PlatformStack } from "../../stacks/platform-stack.js";

export type Attributes = Record<string, unknown>;

/** The synthesized JSON of a stack, which Terraform reads. */
export interface Synthesized {
  readonly resource?: Record<string, Record<string, Attributes>>;
  readonly data?: Record<string, Record<string, Attributes>>;
  readonly output?: Record<string, Attributes>;
  readonly variable?: Record<string, Attributes>;
  readonly locals?: Record<string, string | Record<string, string>>;
  readonly check?: Record<string, Attributes>;
  readonly terraform: { readonly backend: Record<string, Attributes>; readonly required_version: string };
}

/** Removes the keys "//", where cdktf writes the path of the construct. */
function withoutMetadata(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutMetadata);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => key !== "//")
      .map(([key, inner]) => [key, withoutMetadata(inner)]),
  );
}

/** Parses synthesized JSON, without cdktf's metadata. */
export const parse = (text: string): Synthesized => withoutMetadata(JSON.parse(text)) as Synthesized;

/** Runs a function with a new app, and then deletes the app's folder. */
export function withApp<T>(work: (app: App) => T): T {
  const outdir = mkdtempSync(join(tmpdir(), "app-"));
  try {
    return work(Testing.app({ outdir }));
  } finally {
    rmSync(outdir, { recursive: true });
  }
}

class EmptyStack extends PlatformStack {}

/** Creates an empty stack in a new app. */
export const emptyStack = (config: Config): PlatformStack => withApp((app) => new EmptyStack(app, "test", { config }));

/** Synthesizes the constructs that `build` adds to an empty stack. */
export function synthesize(config: Config, build: (stack: TerraformStack) => void): Synthesized {
  const stack = emptyStack(config);
  build(stack);
  return parse(Testing.synth(stack));
}

/** Returns the resources of a type by id. */
export const resources = (synthesized: Synthesized, type: string): Record<string, Attributes> =>
  synthesized.resource?.[type] ?? {};

/** Returns the only resource of a type. */
export function onlyResource(synthesized: Synthesized, type: string): Attributes {
  const [first, ...others] = Object.values(resources(synthesized, type));
  if (!first || others.length > 0) throw new Error(`want one ${type}, got ${others.length + (first ? 1 : 0)}`);
  return first;
}

/** Returns the sorted addresses of all resources. */
export const addressesIn = ({ resource = {} }: Synthesized): readonly string[] =>
  Object.entries(resource)
    .flatMap(([type, byId]) => Object.keys(byId).map((id) => `${type}.${id}`))
    .sort();
