import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Testing, type App, type TerraformStack } from "cdktf";
import type { Config } from "../../modules/config/schema.js";
import { PlatformStack } from "../../stacks/platform-stack.js";

export type Attributes = Record<string, unknown>;

/** The JSON that Terraform reads. */
export interface Synthesized {
  readonly resource?: Record<string, Record<string, Attributes>>;
  readonly data?: Record<string, Record<string, Attributes>>;
  readonly output?: Record<string, Attributes>;
  readonly variable?: Record<string, Attributes>;
  readonly locals?: Record<string, string | Record<string, string>>;
  readonly check?: Record<string, Attributes>;
  readonly terraform: { readonly backend: Record<string, Attributes>; readonly required_version: string };
}

/** cdktf writes the construct's path under "//". */
function withoutMetadata(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutMetadata);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => key !== "//")
      .map(([key, inner]) => [key, withoutMetadata(inner)]),
  );
}

/** Reads synthesized JSON. */
export const parse = (text: string): Synthesized => withoutMetadata(JSON.parse(text)) as Synthesized;

/** Runs a function with an app. The app's folder is deleted afterwards. */
export function withApp<T>(work: (app: App) => T): T {
  const outdir = mkdtempSync(join(tmpdir(), "app-"));
  try {
    return work(Testing.app({ outdir }));
  } finally {
    rmSync(outdir, { recursive: true });
  }
}

class EmptyStack extends PlatformStack {}

/** A new stack in a new app for a test. */
export const emptyStack = (config: Config): PlatformStack => withApp((app) => new EmptyStack(app, "test", { config }));

/** Synthesizes the constructs that `build` adds to an empty stack. */
export function synthesize(config: Config, build: (stack: TerraformStack) => void): Synthesized {
  const stack = emptyStack(config);
  build(stack);
  return parse(Testing.synth(stack));
}

/** Resources of a type by id. */
export const resources = (synthesized: Synthesized, type: string): Record<string, Attributes> =>
  synthesized.resource?.[type] ?? {};

/** The only resource of a type. */
export function onlyResource(synthesized: Synthesized, type: string): Attributes {
  const [first, ...others] = Object.values(resources(synthesized, type));
  if (!first || others.length > 0) throw new Error(`want one ${type}, got ${others.length + (first ? 1 : 0)}`);
  return first;
}

/** Addresses of all resources, sorted. */
export const addressesIn = ({ resource = {} }: Synthesized): readonly string[] =>
  Object.entries(resource)
    .flatMap(([type, byId]) => Object.keys(byId).map((id) => `${type}.${id}`))
    .sort();
