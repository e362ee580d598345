interface Written {
  readonly "//"?: { readonly metadata?: object };
  readonly version?: string;
  readonly stacks?: object;
  readonly terraform?: { readonly required_providers?: Readonly<Record<string, object>> };
}

/** Contents of synthesized files, with the path as the key. */
export type Files = ReadonlyMap<string, string>;

interface CompareOptions {
  /** If true, the versions of providers must be equal. @default true */
  readonly providerVersions?: boolean;
}

/** Returns JSON without cdktf's version. The order of keys remains, so a different order is also a difference. */
function comparable(path: string, text: string, { providerVersions = true }: CompareOptions): string {
  if (!path.endsWith(".json")) return text;
  const json = JSON.parse(text) as Written;
  const { "//": comment, stacks, terraform } = json;
  const providers = Object.entries(terraform?.required_providers ?? {});
  const versionless = providers.map(([name, provider]) => [name, { ...provider, version: undefined }] as const);
  return JSON.stringify({
    ...json,
    ...(stacks && { version: undefined }),
    ...(comment && { "//": { ...comment, metadata: { ...comment.metadata, version: undefined } } }),
    ...(!providerVersions &&
      providers.length > 0 && { terraform: { ...terraform, required_providers: Object.fromEntries(versionless) } }),
  });
}

/** Compares files synthesized with cdktf and with cdktn. @returns one line for each file that differs */
export function differences(before: Files, after: Files, options: CompareOptions = {}): readonly string[] {
  return [...new Set([...before.keys(), ...after.keys()])].sort().flatMap((path) => {
    const [old, now] = [before.get(path), after.get(path)];
    if (now === undefined) return `${path}: is missing with cdktn`;
    if (old === undefined) return `${path}: exists only with cdktn`;
    const [left, right] = [comparable(path, old, options), comparable(path, now, options)];
    if (left === right) return [];
    let at = 0;
    while (left[at] === right[at]) at++;
    const excerpt = (text: string): string => text.slice(Math.max(0, at - 40), at + 60);
    return `${path}: ${excerpt(left)} -> ${excerpt(right)}`;
  });
}
