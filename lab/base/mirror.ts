import { tryRun } from "../system/shell.js";

/** URLs of Debian's archive and security archive. */
export interface Mirror {
  readonly archive: string;
  readonly security: string;
}

/**
 * Returns the Debian mirror in this machine's apt configuration, or the mirror in FOOBAR_LAB_MIRROR.
 * @throws if apt has no Debian archive, because this machine has another distribution or `apt-get update` has not run yet
 */
export async function hostMirror(): Promise<Mirror> {
  const { stdout } = await tryRun("apt-get", ["indextargets", "--format", "$(LABEL)|$(REPO_URI)"]);
  const find = (label: string): string | undefined =>
    stdout
      .split("\n")
      .find((line) => line.startsWith(`${label}|`))
      ?.slice(label.length + 1)
      .replace(/\/$/, "");
  const archive = process.env.FOOBAR_LAB_MIRROR ?? find("Debian");
  if (archive === undefined)
    throw new Error(
      "this machine's apt has no Debian mirror; run `apt-get update`, or set FOOBAR_LAB_MIRROR to a mirror (http://HOST/debian)",
    );
  return { archive, security: find("Debian-Security") ?? `${archive}-security` };
}

/** Returns the lines of sources.list for a Debian release, the release's updates and the release's security updates. */
export const sourceLines = (mirror: Mirror, suite: string): string[] => [
  `deb ${mirror.archive} ${suite} main`,
  `deb ${mirror.archive} ${suite}-updates main`,
  `deb ${mirror.security} ${suite}-security main`,
];
