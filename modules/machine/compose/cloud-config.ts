import { stringify, type ScalarTag } from "yaml";
import { paths } from "../../platform/paths.js";
import { createdEarly } from "../../platform/users.js";
import { compact } from "./compact.js";
import type { AptSource, PayloadFile, PayloadPart } from "../part/part.js";

/**
 * Part of a server's cloud-init configuration that is equal on all servers with the same roles. The property names are
 * cloud-init's keys.
 */
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

/** Part of a server's cloud-init configuration that differs between servers. */
export interface OwnConfig {
  readonly merge_how: string;
  readonly hostname: string;
  readonly write_files: readonly WrittenFile[];
}

/** Complete cloud-init configuration of one server. */
export type CloudConfig = SharedConfig & Pick<OwnConfig, "hostname">;

/**
 * Value of cloud-init's `merge_how`. With this value, cloud-init appends the files of a later MIME part instead of replacing earlier files.
 */
export const appending = "list(append)+dict(no_replace,recurse_list)+str()";

interface AptEntry {
  readonly source: string;
  /** ASCII-armored public key that signs the apt repository. @default - none, because server-setup downloads the key */
  readonly key?: string;
}

interface WrittenFile {
  readonly path: string;
  /** Owner of the file as `user:group`. @default - the default of cloud-init, "root:root" */
  readonly owner?: string;
  /** Octal file permissions. @default - the default of cloud-init, "0644" */
  readonly permissions?: string;
  /** True if cloud-init writes the file in its final boot stage. @default - the default of cloud-init, false */
  readonly defer?: boolean;
  readonly content: string;
}

/** Setting of apt that skips recommended packages. */
const aptSettings = 'APT::Install-Recommends "false";\n';

/**
 * System users of services. cloud-init creates these users before it installs packages, because the users own files with secrets.
 * The list has no entry `default`, so cloud-init does not create the image's ordinary user. Administrators log in as root
 * (`disable_root: false`).
 */
const systemUsers = createdEarly.map((name) => ({
  name,
  system: true,
  homedir: "/nonexistent",
  no_create_home: true,
  shell: "/usr/sbin/nologin",
}));

/**
 * Converts a file of the payload to an entry of cloud-init's `write_files`. Files of users other than root are deferred
 * to the final boot stage, because the users do not exist earlier.
 */
const writtenFile = ({ path, owner, permissions, content }: PayloadFile): WrittenFile => ({
  path,
  ...(owner && { owner, defer: true }),
  ...(permissions && { permissions }),
  content: compact(path, content),
});

/** Returns the path of the downloaded public key of an apt source. */
const keyPath = (name: string): string => `/etc/apt/keyrings/${name}.asc`;

/**
 * Returns the cloud-init entry of an apt source. apt trusts the key only for this source. cloud-init writes a key from
 * the configuration to `$KEY_FILE`. apt accepts a downloaded key only if the key has a pinned fingerprint
 * (sources.list(5), "Signed-By").
 */
function aptSourceEntry({ name, source, key }: AptSource): readonly [string, AptEntry] {
  const signedBy = (by: string): string => source.replace(/^deb /, `deb [signed-by=${by}] `);
  return typeof key === "string"
    ? [name, { source: signedBy("$KEY_FILE"), key }]
    : [name, { source: signedBy([keyPath(name), ...key.fingerprints].join(",")) }];
}

/** Returns the files that server-setup uses: the packages of each part, the URLs of apt keys, and the scripts of all parts. */
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
 * Merges the parts of the payload in the given order.
 * @throws Error if two parts contain the same file or apt source
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
    // cloud-init only starts the unit server-setup. The unit server-setup installs packages, starts services and retries failed steps.
    runcmd: [["systemctl", "enable", "--now", "--no-block", paths.setup.unit]],
  };
}

/**
 * Returns the part of the cloud-init configuration that belongs to one server only.
 * @throws Error if two files have the same path
 */
export function ownConfig(hostname: string, files: readonly PayloadFile[], shared: SharedConfig): OwnConfig {
  refuseTwins(
    "file",
    [...shared.write_files, ...files].map(({ path }) => path),
  );
  return { merge_how: appending, hostname, write_files: files.map(writtenFile) };
}

/** Text that is already valid YAML, for example JSON. The YAML writer inserts the text without quotes. */
export class RawYaml {
  constructor(readonly yaml: string) {}
}

const written: ScalarTag = {
  tag: "tag:yaml.org,2002:str",
  default: true,
  identify: (value) => value instanceof RawYaml,
  resolve: (text) => text,
  stringify: ({ value }) => (value as RawYaml).yaml,
};

/** Returns a cloud-init configuration as YAML text. Equal configurations give identical texts. */
export const renderCloudConfig = (config: object): string =>
  `#cloud-config\n${stringify(config, { lineWidth: 0, aliasDuplicateObjects: false, customTags: [written] })}`;
