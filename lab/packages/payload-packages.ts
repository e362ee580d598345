import type { CloudConfig } from "../../modules/machine/compose/index.js";

/** A parsed apt source line of a payload. */
export interface PayloadSource {
  readonly url: string;
  readonly suite: string;
  readonly components: readonly string[];
}

/** apt packages and sources that payloads require. */
export interface PayloadPackages {
  readonly packages: readonly string[];
  readonly sources: readonly PayloadSource[];
}

/** Returns the packages and sources in the given payloads, so the lab's repository needs no separate list. */
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
