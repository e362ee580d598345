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

/** Changes what the lab is configured as, as a changed environment would. */
async function configure(overrides: LabOverrides): Promise<void> {
  const settings = await loadSettings(lab.layout);
  if (settings === undefined) throw new Error("no lab");
  await saveSettings(lab.layout, { ...settings, overrides });
}

const first = { tls: "terminate", balancerIp: "10.0.1.5" } as const;
const second = { tls: "passthrough", balancerIp: "10.0.1.6" } as const;

/** What is configured while one of the two takes over from the other. */
const takesOver = (number: 1 | 2): LabOverrides => {
  const [now, formerly] = number === 1 ? [first, second] : [second, first];
  return { tls: now.tls, network: { balancerIp: now.balancerIp }, loadBalancer: { number, formerly } };
};

/** Names of the lab's balancers that run. */
const balancers = async (): Promise<readonly string[]> =>
  (await (await Lab.attach()).status()).services.filter((name) => name.startsWith("balancer"));

/** Rolls out what is configured while visitors read and write, who notice nothing; killed at these moments, it is run again. */
async function rollOut(what: string, kills: readonly RegExp[] = []): Promise<void> {
  const runs = async () => {
    for (const moment of kills) await killedAt(moment, "rollout");
    return ops("rollout");
  };
  const { result, told } = await unnoticed(lab, group, runs, { ratePerSecond: 20 });
  expect(result).toMatchObject({ exitCode: 0, stderr: "" });
  figure(`ops rollout, ${what}`, told);
}

/** The moments of a change, with the one in its middle. */
const momentsWith = (middle: RegExp) => [/second balancer beside/, /: is replaced/, middle, /before is taken away/];

describe("a change of tls", () => {
  it("is refused without a second balancer, with the lines that declare it, and changes nothing", async () => {
    await configure({ tls: "passthrough" });
    const { exitCode, stderr } = await ops("rollout");
    expect(exitCode).toBe(1);
    expect(stderr).toContain('alpha: tls is "passthrough", it was made for "terminate"');
    expect(stderr).toContain('loadBalancer: { number: 2, formerly: { tls: "terminate", balancerIp: "10.0.1.5" } }');
    await configure({ tls: "terminate" });
    expect(await statusNow()).toMatchObject({ needsHand: [], lock: null });
  });

  it("to passthrough is a rollout that no visitor notices: a second balancer takes over", async () => {
    await configure(takesOver(2));
    await rollOut("tls terminate to passthrough");
    expect(await statusNow()).toMatchObject({ needsHand: [], lock: null });
    expect(await balancers()).toEqual(["balancer-2"]);
  });

  it("and back, killed at four moments, goes on from what it finds", async () => {
    await configure(takesOver(1));
    await rollOut("tls passthrough to terminate, killed at four moments", momentsWith(/records point at the new/));
    expect(await balancers()).toEqual(["balancer"]);
    // The change is over, so nothing need be said of it any more, and it is the plain lab again.
    await configure({ tls: "terminate" });
    expect(await statusNow()).toMatchObject({ needsHand: [], lock: null });
  });
});

/** The same of the domain. Visitors ask for the old name all the time, and follow where it leads them. */
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
    // One has both names, for both ways.
    certificate: { generation: 2 },
    cloudflare: { number },
    loadBalancer: { number, formerly },
  };
};

/** What a visitor of a name gets who does not follow: the status, and where it leads. */
const answerOf = async (host: string) => {
  const { status, redirect } = await visit(lab, `https://${host}/?from=${host}`);
  return `${status} ${redirect}`.trim();
};

describe("a change of the domain", () => {
  it("is refused without a second zone, with the lines that declare the first one", async () => {
    await configure({ domain: "foobar.net" });
    const { exitCode, stderr } = await ops("rollout");
    expect(exitCode).toBe(1);
    expect(stderr).toContain("alpha: domain is foobar.net, it was made for another");
    expect(stderr).toContain("cloudflare.number: 2\n  certificate.generation: 2");
    await configure({ tls: "terminate" });
  });

  it("is a rollout that no visitor of the old name notices: it leads to the new one in the end", async () => {
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

  it("and back, killed at four moments, goes on from what it finds", async () => {
    await configure(moves(1));
    await rollOut("the domain before again, killed at four moments", momentsWith(/neither leads to the other/));
    expect(await balancers()).toEqual(["balancer"]);
    expect(await Promise.all(["www.foobar.com", "www.foobar.net"].map(answerOf))).toEqual([
      "200",
      "308 https://www.foobar.com/?from=www.foobar.net",
    ]);
    await configure({ tls: "terminate", certificate: { generation: 2 } });
    expect(await statusNow()).toMatchObject({ needsHand: [], lock: null });
  });
});
