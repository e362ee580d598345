import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Lab } from "../../../lab/lab.js";
import type { Machine } from "../../../lab/machine/machine.js";
import { client } from "../../../lab/network/addresses.js";
import { ports } from "../../../modules/platform/ports.js";

interface Finding {
  readonly id: string;
  readonly severity: string;
  readonly finding: string;
}

/** Returns testssl.sh's findings about the load balancer's HTTPS port. testssl.sh runs on a client that bypasses the edge. */
export function testsslOfBalancer(lab: Lab): Promise<string[]> {
  const { host } = new URL(lab.url());
  return testssl(lab, client.name, ["--ip", lab.blueprint.environment.balancer.publicIpv4, `${host}:${ports.https}`]);
}

/**
 * Returns testssl.sh's findings about a member's MySQL port. testssl.sh runs in the private network, so the member's host firewall must be
 * open.
 */
export const testsslOfMysql = (lab: Lab, { host }: Machine): Promise<string[]> =>
  testssl(lab, lab.blueprint.environment.balancer.name, ["--starttls", "mysql", `${host.privateIpv4}:${ports.mysql}`]);

/**
 * Maximum number of attempts. An attempt is repeated if a connection fails, because one of several hundred connections may fail by chance.
 */
const attempts = 3;

/**
 * Returns the findings with severity LOW or higher. @param from lab host that runs testssl.sh @param target last arguments of testssl.sh
 */
async function testssl(lab: Lab, from: string, target: readonly string[]): Promise<string[]> {
  for (let attempt = 1; ; attempt++) {
    const findings = (await run(lab, from, target)).filter(
      ({ severity }) => !["OK", "INFO", "DEBUG"].includes(severity),
    );
    for (const { id, severity, finding } of findings) console.log(`testssl: ${severity} ${id}: ${finding}`);
    const wasCarriedOut = !findings.some(({ finding }) => finding.includes("connect problem"));
    if (wasCarriedOut || attempt === attempts) return findings.map(({ id }) => id);
  }
}

async function run(lab: Lab, from: string, target: readonly string[]): Promise<readonly Finding[]> {
  const directory = await mkdtemp(path.join(tmpdir(), "testssl-"));
  const file = path.join(directory, "findings.json");
  const quiet = ["--quiet", "--color", "0", "--warnings", "off", "--nodns", "none"];
  const checks = ["--protocols", "--server-defaults", "--vulnerable", "--std"];
  const command = ["testssl", ...quiet, ...checks, "--jsonfile", file, ...target] as const;
  const { exitCode } = await lab.tryExecIn(from, command, { timeoutSeconds: 240 });
  if (exitCode === undefined) throw new Error("testssl: timed out after 240 s");
  const findings = JSON.parse(await readFile(file, "utf8")) as Finding[];
  await rm(directory, { recursive: true });
  if (!findings.some(({ id }) => id === "TLS1_3")) throw new Error("testssl: did not report the protocols");
  return findings;
}
