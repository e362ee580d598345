import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { settled, type WholeGroup } from "../../../lab/group.js";
import type { LabOverrides } from "../../../lab/environment.js";
import { Lab } from "../../../lab/lab.js";
import { loadSettings, saveSettings } from "../../../lab/settings.js";
import { figure } from "../support/figures.js";
import { labInMode } from "../support/lab-in-mode.js";
import { killedAt, ops, statusNow } from "../support/operator.js";
import { unnoticed } from "../support/under-load.js";
import { visit } from "../support/visits.js";

let lab: Lab;
let group: WholeGroup;
beforeAll(async () => {
  lab = await labInMode("terminate");
});
beforeEach(async () => {
  group = await settled(lab);
});

/** Replaces the lab's configuration, like an edit of the environment file. */
async function configure(overrides: LabOverrides): Promise<void> {
  const settings = await loadSettings(lab.layout);
  if (settings === undefined) throw new Error("no lab");
  await saveSettings(lab.layout, { ...settings, overrides });
}

const first = { tls: "terminate", balancerIp: "10.0.1.5" } as const;
const second = { tls: "passthrough", balancerIp: "10.0.1.6" } as const;

/** Returns the configuration of a load balancer migration to the load balancer with the given number. */
const takesOver = (number: 1 | 2): LabOverrides => {
  const [now, formerly] = number === 1 ? [first, second] : [second, first];
  return { tls: now.tls, network: { balancerIp: now.balancerIp }, loadBalancer: { number, formerly } };
};

/** Returns the names of the lab's running load balancers. */
const balancers = async (): Promise<readonly string[]> =>
  (await (await Lab.attach()).status()).services.filter((name) => name.startsWith("balancer"));

/**
 * Rolls out the configuration while visitors read and write, and checks that no request fails. @param kills output at which a rollout is
 * killed and started again
 */
async function rollOut(what: string, kills: readonly RegExp[] = []): Promise<void> {
  const runs = async () => {
    for (const moment of kills) await killedAt(moment, "rollout");
    return ops("rollout");
  };
  const { result, told } = await unnoticed(lab, group, runs, { ratePerSecond: 20 });
  expect(result).toMatchObject({ exitCode: 0, stderr: "" });
  figure(`ops rollout, ${what}`, told);
}

/** Returns the output at which a rollout is killed: four steps of a load balancer migration. @param middle output of the third step */
const momentsWith = (middle: RegExp) => [
  /creates the second load balancer/,
  /: is replaced/,
  middle,
  /removes the previous load balancer/,
];

describe("a change of tls", () => {
  it("a rollout rejects a change of the TLS mode without a second load balancer, and prints the settings that declare one", async () => {
    await configure({ tls: "passthrough" });
    const { exitCode, stderr } = await ops("rollout");
    expect(exitCode).toBe(1);
    expect(stderr).toContain('alpha: tls is "passthrough", but the server was created for "terminate"');
    expect(stderr).toContain('loadBalancer: { number: 2, formerly: { tls: "terminate", balancerIp: "10.0.1.5" } }');
    await configure({ tls: "terminate" });
    expect(await statusNow()).toMatchObject({ needsHand: [], lock: null });
  });

  it("a rollout changes the TLS mode to passthrough with a second load balancer without a failed request", async () => {
    await configure(takesOver(2));
    await rollOut("tls terminate to passthrough");
    expect(await statusNow()).toMatchObject({ needsHand: [], lock: null });
    expect(await balancers()).toEqual(["balancer-2"]);
  });

  it("a rollout changes the TLS mode back to terminate without a failed request, even if the run is killed at four moments", async () => {
    await configure(takesOver(1));
    await rollOut("tls passthrough to terminate, killed at four moments", momentsWith(/records point to the new/));
    expect(await balancers()).toEqual(["balancer"]);
    // The migration is complete, so the configuration no longer contains the settings of the migration.
    await configure({ tls: "terminate" });
    expect(await statusNow()).toMatchObject({ needsHand: [], lock: null });
  });
});

/**
 * Returns the configuration of a domain change to the load balancer with the given number. Visitors always request the first domain and
 * follow redirects.
 */
const moves = (number: 1 | 2): LabOverrides => {
  const [now, formerly] =
    number === 1
      ? [
          { ...first, domain: "foobar.com" },
          { ...second, tls: first.tls, domain: "foobar.net" },
        ]
      : [
          { ...second, domain: "foobar.net" },
          { ...first, domain: "foobar.com" },
        ];
  return {
    domain: now.domain,
    network: { balancerIp: now.balancerIp },
    // The certificate of generation 2 contains the names of both domains.
    certificate: { generation: 2 },
    cloudflare: { number },
    loadBalancer: { number, formerly },
  };
};

/** Requests a page without following redirects. @returns HTTP status and redirect target */
const answerOf = async (host: string) => {
  const { status, redirect } = await visit(lab, `https://${host}/?from=${host}`);
  return `${status} ${redirect}`.trim();
};

describe("a change of the domain", () => {
  it("a rollout rejects a change of the domain without a second zone, and prints the settings that declare one", async () => {
    await configure({ domain: "foobar.net" });
    const { exitCode, stderr } = await ops("rollout");
    expect(exitCode).toBe(1);
    expect(stderr).toContain("alpha: domain is foobar.net, but the server was created for another domain");
    expect(stderr).toContain("cloudflare.number: 2\n  certificate.generation: 2");
    await configure({ tls: "terminate" });
  });

  it("a rollout changes the domain without a failed request, and the old name finally redirects to the new name", async () => {
    await configure(moves(2));
    await rollOut("another domain");
    expect(await statusNow()).toMatchObject({ needsHand: [], lock: null });
    expect(await balancers()).toEqual(["balancer-2"]);
    expect(await Promise.all(["www.foobar.com", "foobar.com", "www.foobar.net", "foobar.net"].map(answerOf))).toEqual([
      "308 https://www.foobar.net/?from=www.foobar.com",
      "308 https://www.foobar.net/?from=foobar.com",
      "200",
      "200",
    ]);
    expect(await ops("rotate", "origin-certificate")).toMatchObject({ exitCode: 0, stderr: "" });
    expect(await answerOf("www.foobar.net")).toBe("200");
  });

  it("a rollout changes the domain back without a failed request, even if the run is killed at four moments", async () => {
    await configure(moves(1));
    await rollOut("back to the first domain, killed at four moments", momentsWith(/served without a redirect/));
    expect(await balancers()).toEqual(["balancer"]);
    expect(await Promise.all(["www.foobar.com", "www.foobar.net"].map(answerOf))).toEqual([
      "200",
      "308 https://www.foobar.com/?from=www.foobar.net",
    ]);
    await configure({ tls: "terminate", certificate: { generation: 2 } });
    expect(await statusNow()).toMatchObject({ needsHand: [], lock: null });
  });
});
