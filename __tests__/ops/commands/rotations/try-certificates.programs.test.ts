import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, expect, it } from "vitest";
import { runToEnd } from "../../../../ops/core/shell.js";

const directory = mkdtempSync(join(tmpdir(), "certificates-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));
const file = (name: string): string => join(directory, name);
const pem = (name: string): string => readFileSync(file(name), "utf8");

const openssl = (name: string, ...more: readonly string[]): void =>
  void execFileSync(
    "openssl",
    [
      ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", `/CN=${name}`],
      ...["-keyout", file(`${name}.key`), "-out", file(`${name}.pem`), ...more],
    ],
    { stdio: "ignore" },
  );
for (const generation of ["old", "new"]) {
  openssl(`${generation}-ca`);
  openssl(generation, "-CA", file(`${generation}-ca.pem`), "-CAkey", file(`${generation}-ca.key`));
}
const pair = (generation: string) => ({ certificate: pem(`${generation}.pem`), key: pem(`${generation}.key`) });

/** Starts a member that presents one certificate and trusts the given authorities. */
async function member(shows: string, trusts: readonly string[]) {
  const trusted = file("trusted.pem");
  writeFileSync(trusted, trusts.map((name) => pem(`${name}-ca.pem`)).join(""));
  const script = "__tests__/ops/support/member.py";
  const run = spawn("python3", [script, file(`${shows}.pem`), file(`${shows}.key`), trusted]);
  const [ports] = (await once(createInterface(run.stdout), "line")) as [string];
  const [mysql, group] = ports.split(" ").map(Number);
  return {
    places: [
      { port: mysql, speaks_mysql: true },
      { port: group, speaks_mysql: false },
    ],
    close: () => run.kill(),
  };
}

const script = readFileSync("ops/commands/rotations/files/try-certificates.py", "utf8");
async function told(shows: string, trusts: readonly string[], refused: string | null): Promise<readonly string[]> {
  const { places, close } = await member(shows, trusts);
  const input = { address: "127.0.0.1", places, accepted: pair("new"), refused: refused && pair(refused) };
  const { stdout, stderr } = await runToEnd(["python3", "-I", "-c", script], {
    timeoutSeconds: 60,
    input: JSON.stringify(input),
  });
  close();
  expect(stderr).toBe("");
  return stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => line.replace(/\d+/, "…"));
}

it.each([
  ["accepts a member that presents and trusts only the new authority", "new", ["new"], "old", undefined],
  ["accepts a member that trusts both authorities during the rotation", "new", ["new", "old"], null, undefined],
  [
    "reports both ports of a member that does not trust the new authority",
    "old",
    ["old"],
    null,
    "port … rejects the certificate that members present",
  ],
  [
    "reports both ports of a member that still presents the old certificate",
    "old",
    ["new", "old"],
    null,
    "port … presents another certificate than expected",
  ],
  [
    "reports both ports of a member that still trusts the old authority",
    "new",
    ["new", "old"],
    "old",
    "port … still accepts a certificate of the old authority",
  ],
])(
  "during a rotation of the database's certificate authority, the check of the MySQL members %s",
  async (_, shows, trusts, refused, problem) => {
    expect(await told(shows, trusts, refused)).toEqual(problem === undefined ? [] : [problem, problem]);
  },
);
