import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Lab } from "../../../lab/lab.js";
import { loadSettings, saveSettings } from "../../../lab/settings.js";
import type { EnvironmentInput } from "../../../modules/config/schema.js";
import { figure } from "../support/figures.js";
import { settled, type WholeGroup, wholeGroup } from "../../../lab/group.js";
import { labInMode } from "../support/lab-in-mode.js";
import { siteHosts } from "../../../modules/platform/names.js";
import { ports } from "../../../modules/platform/ports.js";
import { killedAt, ops, statusNow } from "../support/operator.js";
import { unnoticed } from "../support/under-load.js";

let lab: Lab;
let group: WholeGroup;
beforeAll(async () => {
  lab = await labInMode("terminate");
});
beforeEach(async () => {
  group = await settled(lab);
});

/** Number of reads and number of writes per second during rotations. */
const rate = 20;

/** Increments a generation, like an edit of the environment file. @returns the new number */
async function raise<Section extends "generations" | "certificate">(
  section: Section,
  setting: keyof NonNullable<EnvironmentInput[Section]>,
): Promise<number> {
  const settings = await loadSettings(lab.layout);
  if (settings === undefined) throw new Error("no lab");
  const numbers = (settings.overrides[section] ?? {}) as Partial<Record<typeof setting, number>>;
  const raised = (numbers[setting] ?? 1) + 1;
  const overrides = { ...settings.overrides, [section]: { ...numbers, [setting]: raised } };
  await saveSettings(lab.layout, { ...settings, overrides });
  return raised;
}

const rotations = [
  ["edge-token", "edgeToken"],
  ["database-passwords", "databasePasswords"],
  ["database-authority", "databaseAuthority"],
  ["ssh-host-keys", "sshHostKeys"],
] as const;

describe.each(rotations)("a rotation of %s", (what, setting) => {
  it("no request fails during a rotation of a secret, which continues after each kill and failover until the old secret is revoked", async () => {
    const generation = await raise("generations", setting);
    const work = async () => {
      for (const moment of [/bravo: receives/, /is used/, /charlie: receives/, /no longer accepted/]) {
        await killedAt(moment, "rotate", what);
        await (await wholeGroup(lab)).primary.exec(["mysql-group", "step-down"]);
      }
      return ops("rotate", what);
    };
    const { result, told } = await unnoticed(lab, group, work, { ratePerSecond: rate });
    expect(result).toMatchObject({ exitCode: 0, stderr: "" });
    expect(result.stdout).toContain(`${what}: only generation ${generation} is valid`);
    expect(await statusNow()).toMatchObject({ needsHand: [], lock: null });
    figure(`ops rotate ${what}`, told);
  });
});

/** Returns the SHA-256 fingerprint of the certificate that the edge receives from the origin. */
const shownToEdge = async (): Promise<string> => {
  const [site] = siteHosts(lab.blueprint.environment.config);
  const { publicIpv4 } = lab.blueprint.environment.balancer;
  const client = `openssl s_client -connect ${publicIpv4}:${ports.balancerHttps} -servername ${site} </dev/null 2>/dev/null`;
  return lab.execIn("edge", ["sh", "-c", `${client} | openssl x509 -noout -fingerprint -sha256`]);
};

describe.each(["terminate", "passthrough"] as const)("a rotation of the origin certificate (%s)", (tls) => {
  beforeAll(async () => {
    lab = await labInMode(tls);
    group = await settled(lab);
  });

  it("no request fails during a rotation of the origin certificate, which continues after each kill and leaves no server outdated", async () => {
    const before = await shownToEdge();
    const generation = await raise("certificate", "generation");
    const moments =
      tls === "terminate"
        ? [/load balancer use generation/]
        : [/bravo: receives/, /charlie: receives/, /no longer accepted/];
    const work = async () => {
      for (const moment of moments) await killedAt(moment, "rotate", "origin-certificate");
      return ops("rotate", "origin-certificate");
    };
    const { result, told } = await unnoticed(lab, group, work, { ratePerSecond: rate });
    expect(result).toMatchObject({ exitCode: 0, stderr: "" });
    expect(result.stdout).toContain(`origin-certificate: only generation ${generation} is valid`);
    expect(await statusNow()).toMatchObject({ needsHand: [], lock: null });
    const after = await shownToEdge();
    expect([before, after, after === before]).toEqual([expect.any(String), expect.any(String), false]);
    figure(`ops rotate origin-certificate, ${tls}`, told);
  });

  it.runIf(tls === "passthrough")(
    "no request fails during a rotation of the authority of Cloudflare's client certificate",
    async () => {
      const generation = await raise("generations", "originPullAuthority");
      const work = async () => {
        for (const moment of [/bravo: receives/, /no longer accepted/])
          await killedAt(moment, "rotate", "origin-pull-authority");
        return ops("rotate", "origin-pull-authority");
      };
      const { result, told } = await unnoticed(lab, group, work, { ratePerSecond: rate });
      expect(result).toMatchObject({ exitCode: 0, stderr: "" });
      expect(result.stdout).toContain(`origin-pull-authority: only generation ${generation} is valid`);
      figure("ops rotate origin-pull-authority", told);
    },
  );
});
