/** Versions of packages, with the package's name as the key. */
export type Versions = Readonly<Record<string, string>>;

/**
 * Renames cdktf to cdktn in a text of the project. File names and `CDKTF_` variables remain, because cdktn uses the same names. The label
 * value `managed-by: cdktf` remains, because another value would change every resource.
 * @param kept provider packages of @cdktf that have no successor in the registry
 */
export const renamed = (text: string, kept: readonly string[]): string =>
  text
    .replaceAll("cdktf-cli/bundle/bin/cdktf", "cdktn-cli/bin/cdktn")
    .replaceAll(/@cdktf\/provider-([a-z]+)/g, (name, provider: string) =>
      kept.includes(provider) ? name : `@cdktn/provider-${provider}`,
    )
    .replaceAll(/\b((?:from|import) ?\(?["']|require\(["'])cdktf(?=["'/])/g, "$1cdktn")
    .replaceAll(/"cdktf(-cli)?": "/g, '"cdktn$1": "')
    .replaceAll(/\bnpx([ -])cdktf\b/g, "npx$1cdktn");

/** Returns the text of a package.json with changed versions of dependencies. */
function changed(text: string, change: (name: string, version: string) => string): string {
  const all = JSON.parse(text) as Record<string, Record<string, string>>;
  for (const kind of ["dependencies", "devDependencies"])
    for (const [name, version] of Object.entries(all[kind] ?? {})) all[kind]![name] = change(name, version);
  return `${JSON.stringify(all, null, 2)}\n`;
}

/** Returns the text of a package.json with the given versions of dependencies. */
export const withVersions = (text: string, versions: Versions): string =>
  changed(text, (name, version) => versions[name] ?? version);

/** Returns the text of a package.json that installs cdktn and cdktn-cli under the names cdktf and cdktf-cli. */
export const withAliases = (text: string, versions: Versions): string =>
  changed(text, (name, version) => {
    const fork = name.replace(/^cdktf(?=$|-cli$)/, "cdktn");
    const wanted = versions[fork];
    if (wanted === undefined) return version;
    return fork === name ? wanted : `npm:${fork}@${wanted}`;
  });
