import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Lab } from "../../../lab/lab.js";

interface Finding {
  readonly id: string;
  readonly severity: string;
  readonly finding: string;
}

/** What testssl.sh reports, from LOW upwards, of the balancer's HTTPS, as somebody outside finds it past the edge. */
export async function testssl(lab: Lab): Promise<string[]> {
  const directory = await mkdtemp(path.join(tmpdir(), "testssl-"));
  const file = path.join(directory, "findings.json");
  const { host } = new URL(lab.url());
  const { publicIpv4 } = lab.blueprint.environment.balancer;
  const quiet = ["--quiet", "--color", "0", "--warnings", "off", "--nodns", "none"];
  const checks = ["--protocols", "--server-defaults", "--vulnerable", "--std"];
  const command = ["testssl", ...quiet, ...checks, "--jsonfile", file, "--ip", publicIpv4, `${host}:443`] as const;
  const { exitCode } = await lab.tryExecIn("client", command, { timeoutSeconds: 240 });
  if (exitCode === undefined) throw new Error("testssl: not ready after 240 s");
  const findings = JSON.parse(await readFile(file, "utf8")) as Finding[];
  await rm(directory, { recursive: true });
  if (!findings.some(({ id }) => id === "TLS1_3")) throw new Error("testssl: has not looked at the protocols");
  return findings
    .filter(({ severity }) => !["OK", "INFO", "DEBUG"].includes(severity))
    .map(({ id, severity, finding }) => {
      console.log(`testssl: ${severity} ${id}: ${finding}`);
      return id;
    });
}
