import type { Machine } from "../../../lab/machine/machine.js";
import { tryRun, waitFor } from "../../../lab/system/shell.js";

/** An accepted finding of an auditor. */
export interface Accepted {
  /** The auditor's identifier. */
  readonly finding: string;
  readonly why: string;
}

/** Findings that are not accepted, and accepted findings that no longer occur. Both must be empty. */
export function compared(found: readonly string[], accepted: readonly Accepted[]) {
  const known = accepted.map(({ finding }) => finding);
  return {
    unexpected: found.filter((finding) => !known.includes(finding)),
    gone: known.filter((finding) => !found.includes(finding)),
  };
}

export const nothing = { unexpected: [], gone: [] };

/** gixy's findings of any severity on a machine's whole nginx configuration, as nginx itself reads it. */
export async function gixy(machine: Machine): Promise<string[]> {
  const input = await machine.exec(["nginx", "-T", "-q"]);
  const { stdout } = await tryRun("gixy", ["--level", "--format", "json", "-"], { input });
  const findings = JSON.parse(stdout) as { plugin: string; path: string; reason: string }[];
  return [...new Set(findings.map(({ plugin }) => plugin))].sort();
}

/** lynis' findings on a machine. lynis is copied to the machine for the audit and removed afterwards. */
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
 * Algorithms of a machine's SSH server that ssh-audit reports as warnings or failures. The rate test is skipped and the audit is retried,
 * because OpenSSH temporarily rejects clients that have connected often without a login.
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

/** systemd's rating of a unit's sandbox, from 0 (nothing exposed) to 10 (everything exposed). */
export async function exposure(machine: Machine, unit: string): Promise<number> {
  const { stdout } = await machine.tryExec(["systemd-analyze", "security", unit, "--no-pager"]);
  return Number(/Overall exposure level for \S+: ([\d.]+)/.exec(stdout)?.[1] ?? Number.NaN);
}
