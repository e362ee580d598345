import { stringify, type ScalarTag } from "yaml";
import { paths } from "../../platform/paths.js";
import { createdEarly } from "../../platform/users.js";
import { compact } from "./compact.js";
import type { AptSource, PayloadFile, PayloadPart } from "../part/part.js";

/** Keys of cloud-init's user data shared by servers with the same roles; names and meanings are cloud-init's. */
export interface SharedConfig {
  readonly users: readonly object[];
  readonly disable_root: boolean;
  readonly ssh_pwauth: boolean;
  readonly apt: {
    readonly preserve_sources_list: boolean;
    readonly conf: string;
    readonly sources: Readonly<Record<string, AptEntry>>;
  };
  readonly write_files: readonly WrittenFile[];
  readonly runcmd: readonly (readonly string[])[];
}

/** Keys that differ for each server. */
export interface OwnConfig {
  readonly merge_how: string;
  readonly hostname: string;
  readonly write_files: readonly WrittenFile[];
}

/** Shared and own keys, merged. */
export type CloudConfig = SharedConfig & Pick<OwnConfig, "hostname">;

/** cloud-init's `merge_how`: appends a later part's files to the list. By default they would replace it. */
export const appending = "list(append)+dict(no_replace,recurse_list)+str()";

interface AptEntry {
  readonly source: string;
  /** @default - none: the key is downloaded by server-setup */
  readonly key?: string;
}

interface WrittenFile {
  readonly path: string;
  /** `user:group`. @default - cloud-init's: "root:root" */
  readonly owner?: string;
  /** @default - cloud-init's: "0644" */
  readonly permissions?: string;
  /** Whether the file is written in cloud-init's final stage. @default - cloud-init's: false */
  readonly defer?: boolean;
  readonly content: string;
}

/** apt installs only the named packages and their dependencies. */
const aptSettings = 'APT::Install-Recommends "false";\n';

/**
 * Users of services. They are created before packages are installed, because they own secrets.
 * There is no entry `default`, so the image's ordinary user is not created; administrators' keys go to root (`disable_root: false`).
 */
const systemUsers = createdEarly.map((name) => ({
  name,
  system: true,
  homedir: "/nonexistent",
  no_create_home: true,
  shell: "/usr/sbin/nologin",
}));

/** Files of users other than root are written in cloud-init's final stage, because the users do not exist earlier. */
const writtenFile = ({ path, owner, permissions, content }: PayloadFile): WrittenFile => ({
  path,
  ...(owner && { owner, defer: true }),
  ...(permissions && { permissions }),
  content: compact(path, content),
});

/** Path of an apt source's downloaded key. */
const keyPath = (name: string): string => `/etc/apt/keyrings/${name}.asc`;

/**
 * An apt source whose key is trusted only for this source. A given key goes into cloud-init's `$KEY_FILE`; a downloaded key is trusted only
 * with a pinned fingerprint (sources.list(5), "Signed-By").
 */
function aptSourceEntry({ name, source, key }: AptSource): readonly [string, AptEntry] {
  const signedBy = (by: string): string => source.replace(/^deb /, `deb [signed-by=${by}] `);
  return typeof key === "string"
    ? [name, { source: signedBy("$KEY_FILE"), key }]
    : [name, { source: signedBy([keyPath(name), ...key.fingerprints].join(",")) }];
}

/** Files that server-setup reads by line (parts with packages, keys with URLs), and the parts' scripts. */
function setupFiles(parts: readonly PayloadPart[], sources: readonly AptSource[]): readonly PayloadFile[] {
  const keys = sources.flatMap(({ name, key }) => (typeof key === "string" ? [] : [`${keyPath(name)} ${key.url}\n`]));
  const lines = parts
    .filter(({ packages, setup }) => packages ?? setup)
    .map(({ name, packages = [] }) => `${[name, ...packages].join(" ")}\n`);
  const scripts = parts.flatMap(({ name, setup, check }) =>
    Object.entries({ setup, check }).flatMap(([kind, content]) =>
      content === undefined ? [] : [{ path: `${paths.scripts}/${kind}-${name}`, permissions: "0755", content }],
    ),
  );
  return [
    { path: paths.setup.parts, content: lines.join("") },
    { path: paths.setup.aptKeys, content: keys.join("") },
    ...scripts,
  ];
}

function refuseTwins(kind: string, names: readonly string[]): void {
  const twin = names.find((name, index) => names.indexOf(name) !== index);
  if (twin) throw new Error(`payload: each ${kind} must come from one part, got ${twin} twice; remove one`);
}

/**
 * Merges parts, in their order.
 * @throws Error if two parts deliver the same file or apt source.
 */
export function mergeParts(parts: readonly PayloadPart[]): SharedConfig {
  const sources = parts.flatMap((part) => part.aptSources ?? []);
  const files = [...parts.flatMap((part) => part.files ?? []), ...setupFiles(parts, sources)];
  refuseTwins(
    "file",
    files.map(({ path }) => path),
  );
  refuseTwins(
    "apt source",
    sources.map(({ name }) => name),
  );
  return {
    users: systemUsers,
    disable_root: false,
    ssh_pwauth: false,
    apt: { preserve_sources_list: true, conf: aptSettings, sources: Object.fromEntries(sources.map(aptSourceEntry)) },
    write_files: files.map(writtenFile),
    // cloud-init only starts the unit, which installs packages, starts services and retries failures.
    runcmd: [["systemctl", "enable", "--now", "--no-block", paths.setup.unit]],
  };
}

/**
 * A server's own part of the cloud-config.
 * @throws Error if a file is delivered twice.
 */
export function ownConfig(hostname: string, files: readonly PayloadFile[], shared: SharedConfig): OwnConfig {
  refuseTwins(
    "file",
    [...shared.write_files, ...files].map(({ path }) => path),
  );
  return { merge_how: appending, hostname, write_files: files.map(writtenFile) };
}

/** A text that is already YAML, such as JSON. */
export class Written {
  constructor(readonly yaml: string) {}
}

const written: ScalarTag = {
  tag: "tag:yaml.org,2002:str",
  default: true,
  identify: (value) => value instanceof Written,
  resolve: (text) => text,
  stringify: ({ value }) => (value as Written).yaml,
};

/** Text of a cloud-config; equal data gives equal bytes. */
export const renderCloudConfig = (config: object): string =>
  `#cloud-config\n${stringify(config, { lineWidth: 0, aliasDuplicateObjects: false, customTags: [written] })}`;
