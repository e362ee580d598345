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

/** Changes the lab's configuration, as an edit of the environment would. */
async function configure(overrides: LabOverrides): Promise<void> {
  const settings = await loadSettings(lab.layout);
  if (settings === undefined) throw new Error("no lab");
  await saveSettings(lab.layout, { ...settings, overrides });
}

const first = { tls: "terminate", balancerIp: "10.0.1.5" } as const;
const second = { tls: "passthrough", balancerIp: "10.0.1.6" } as const;

/** Configuration while this balancer replaces the other balancer. */
const takesOver = (number: 1 | 2): LabOverrides => {
  const [now, formerly] = number === 1 ? [first, second] : [second, first];
  return { tls: now.tls, network: { balancerIp: now.balancerIp }, loadBalancer: { number, formerly } };
};

/** Names of the running balancers of the lab. */
const balancers = async (): Promise<readonly string[]> =>
  (await (await Lab.attach()).status()).services.filter((name) => name.startsWith("balancer"));

/** Rolls out the configuration while visitors read and write, and requires that no request fails. Kills and restarts the run at these moments. */
async function rollOut(what: string, kills: readonly RegExp[] = []): Promise<void> {
  const runs = async () => {
    for (const moment of kills) await killedAt(moment, "rollout");
    return ops("rollout");
  };
  const { result, told } = await unnoticed(lab, group, runs, { ratePerSecond: 20 });
  expect(result).toMatchObject({ exitCode: 0, stderr: "" });
  figure(`ops rollout, ${what}`, told);
}

/** Output at four moments of a change. @param middle output at the third moment */
const momentsWith = (middle: RegExp) => [
  /creates the second load balancer/,
  /: is replaced/,
  middle,
  /removes the previous load balancer/,
];

describe("a change of tls", () => {
  it("rejects a change of tls without a second balancer, and shows the settings that declare one", async () => {
    await configure({ tls: "passthrough" });
    const { exitCode, stderr } = await ops("rollout");
    expect(exitCode).toBe(1);
    expect(stderr).toContain('alpha: tls is "passthrough", but the server was created for "terminate"');
    expect(stderr).toContain('loadBalancer: { number: 2, formerly: { tls: "terminate", balancerIp: "10.0.1.5" } }');
    await configure({ tls: "terminate" });
    expect(await statusNow()).toMatchObject({ needsHand: [], lock: null });
  });

  it("rolls out tls passthrough with a second balancer without a failed request", async () => {
    await configure(takesOver(2));
    await rollOut("tls terminate to passthrough");
    expect(await statusNow()).toMatchObject({ needsHand: [], lock: null });
    expect(await balancers()).toEqual(["balancer-2"]);
  });

  it("rolls back to tls terminate without a failed request, even if the run is killed at four moments", async () => {
    await configure(takesOver(1));
    await rollOut("tls passthrough to terminate, killed at four moments", momentsWith(/records point to the new/));
    expect(await balancers()).toEqual(["balancer"]);
    // The change is complete, so its settings are removed.
    await configure({ tls: "terminate" });
    expect(await statusNow()).toMatchObject({ needsHand: [], lock: null });
  });
});

/** Configuration while the domain changes. Visitors always request the old name and follow redirects. */
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
    // This certificate contains the names of both domains.
    certificate: { generation: 2 },
    cloudflare: { number },
    loadBalancer: { number, formerly },
  };
};

/** Status and redirect target for a visitor who does not follow redirects. */
const answerOf = async (host: string) => {
  const { status, redirect } = await visit(lab, `https://${host}/?from=${host}`);
  return `${status} ${redirect}`.trim();
};

describe("a change of the domain", () => {
  it("rejects a change of the domain without a second zone, and shows the settings that declare one", async () => {
    await configure({ domain: "foobar.net" });
    const { exitCode, stderr } = await ops("rollout");
    expect(exitCode).toBe(1);
    expect(stderr).toContain("alpha: domain is foobar.net, but the server was created for another domain");
    expect(stderr).toContain("cloudflare.number: 2\n  certificate.generation: 2");
    await configure({ tls: "terminate" });
  });

  it("rolls out a new domain without a failed request; the old name finally redirects to the new name", async () => {
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

  it("rolls back to the old domain without a failed request, even if the run is killed at four moments", async () => {
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
