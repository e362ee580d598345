import type { CloudConfig } from "../../modules/machine/compose/index.js";

/** An apt source that a payload adds, as its line says. */
export interface PayloadSource {
  readonly url: string;
  readonly suite: string;
  readonly components: readonly string[];
}

/** What payloads ask apt for. */
export interface PayloadPackages {
  readonly packages: readonly string[];
  readonly sources: readonly PayloadSource[];
}

/** Reads from payloads which packages and sources they name, so that the lab's repository needs no list of its own. */
export function payloadPackages(
  payloads: readonly (Pick<CloudConfig, "apt"> & { readonly packages: readonly string[] })[],
  suite: string,
): PayloadPackages {
  const packages = new Set(payloads.flatMap((payload) => payload.packages));
  const lines = new Set(payloads.flatMap((payload) => Object.values(payload.apt.sources).map(({ source }) => source)));
  return { packages: [...packages].sort(), sources: [...lines].sort().map((line) => parseSource(line, suite)) };
}

function parseSource(line: string, release: string): PayloadSource {
  const [, url, suite, components] = /^deb\s+(?:\[[^\]]*\]\s+)?(\S+)\s+(\S+)\s+(.+)$/.exec(line) ?? [];
  if (url === undefined || suite === undefined || components === undefined)
    throw new Error(`apt source: must read "deb URL SUITE COMPONENTS", got "${line}"`);
  return {
    url: url.replace(/\/$/, ""),
    suite: suite.replace("$RELEASE", release),
    components: components.trim().split(/\s+/),
  };
}
