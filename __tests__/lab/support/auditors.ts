import type { Machine } from "../../../lab/machine/machine.js";
import { tryRun, waitFor } from "../../../lab/system/shell.js";

/** A finding of an audit tool that the project accepts. */
export interface Accepted {
  /** Identifier of the finding in the audit tool's report. */
  readonly finding: string;
  readonly why: string;
}

/**
 * Returns the findings that are not accepted, and the accepted findings that no longer occur. A test requires that both lists are empty.
 */
export function compared(found: readonly string[], accepted: readonly Accepted[]) {
  const known = accepted.map(({ finding }) => finding);
  return {
    unexpected: found.filter((finding) => !known.includes(finding)),
    gone: known.filter((finding) => !found.includes(finding)),
  };
}

export const nothing = { unexpected: [], gone: [] };

/**
 * Returns gixy's findings, of any severity, about a machine's nginx configuration. The input is the complete configuration that nginx has
 * read.
 */
export async function gixy(machine: Machine): Promise<string[]> {
  const input = await machine.exec(["nginx", "-T", "-q"]);
  const { stdout } = await tryRun("gixy", ["--level", "--format", "json", "-"], { input });
  const findings = JSON.parse(stdout) as { plugin: string; path: string; reason: string }[];
  return [...new Set(findings.map(({ plugin }) => plugin))].sort();
}

/** Audits a machine with lynis. Copies lynis to the machine for the audit and removes the copy after the audit. */
export async function lynis(machine: Machine): Promise<{ warnings: string[]; hardeningIndex: number }> {
  const place = "/run/lynis";
  const copied = [`${place}/program`, `${place}/report`];
  await machine.exec(["mkdir", "-p", ...copied]);
  const [program, ...args] = await machine.enter(["tar", "--extract", "--directory", copied[0] ?? ""]);
  const archive = 'tar --create --directory / usr/sbin/lynis usr/share/lynis etc/lynis | exec "$@"';
  await tryRun("sh", ["-c", archive, "sh", program, ...args]);
  const start = `cd ${place}/program/usr/share/lynis && cp -r ../../sbin/lynis ../../../etc/lynis/default.prf ../../../etc/lynis/plugins . &&
    ./lynis audit system --quick --quiet --no-colors --profile ./default.prf --logfile ${place}/log --report-file ${place}/report/dat`;
  await machine.tryExec(["sh", "-c", start]);
  const report = await machine.exec(["cat", `${place}/report/dat`]);
  await machine.exec(["rm", "--recursive", place]);
  return {
    warnings: [...report.matchAll(/^warning\[\]=([^|]+)\|/gm)].map(([, id = ""]) => id).sort(),
    hardeningIndex: Number(/^hardening_index=(\d+)$/m.exec(report)?.[1] ?? 0),
  };
}

/**
 * Returns the algorithms of a machine's SSH server that ssh-audit reports as warnings or failures. OpenSSH temporarily rejects clients
 * that have often connected without a login, so the audit skips the rate test and is retried.
 */
export async function sshAudit(namespace: string): Promise<string[]> {
  const command = ["netns", "exec", namespace, "ssh-audit", "--json", "--skip-rate-test", "127.0.0.1"];
  const report = await waitFor(
    "ssh-audit",
    async (see) => {
      const { stdout } = see(await tryRun("ip", command));
      return stdout.includes('"kex"') && (JSON.parse(stdout) as Record<(typeof kinds)[number], Algorithm[]>);
    },
    { timeoutSeconds: 120, pauseSeconds: 10 },
  );
  const all = kinds.flatMap((kind) => report[kind]);
  if (all.length < 10) throw new Error(`ssh-audit: reported only ${all.length} algorithms, expected at least 10`);
  return all.filter(({ notes }) => notes.warn ?? notes.fail).map(({ algorithm }) => algorithm);
}

const kinds = ["kex", "key", "enc", "mac"] as const;

interface Algorithm {
  readonly algorithm: string;
  readonly notes: { readonly warn?: readonly string[]; readonly fail?: readonly string[] };
}

/** Returns systemd's exposure level of a unit, from 0 (nothing exposed) to 10 (everything exposed). */
export async function exposure(machine: Machine, unit: string): Promise<number> {
  const { stdout } = await machine.tryExec(["systemd-analyze", "security", unit, "--no-pager"]);
  return Number(/Overall exposure level for \S+: ([\d.]+)/.exec(stdout)?.[1] ?? Number.NaN);
}
