import { beforeAll, describe, expect, it } from "vitest";
import { errantTransactions, settled, wholeGroup } from "../../../lab/group.js";
import { Lab } from "../../../lab/lab.js";
import { saveSettings, loadSettings } from "../../../lab/settings.js";
import type { LabOverrides } from "../../../lab/environment.js";
import { figure } from "../support/figures.js";
import { labInMode } from "../support/lab-in-mode.js";
import { ops, statusNow } from "../support/operator.js";
import { unnoticed } from "../support/under-load.js";

/** Server that exists before and after the move. The servers and settings of this test are the same as in docs/changes.md. */
const stays = { alpha: { privateIp: "10.0.1.11" } };
/** Servers that the move removes. */
const goes = { bravo: { privateIp: "10.0.1.12" }, charlie: { privateIp: "10.0.1.13" } };
/** Servers that the move adds. */
const comes: LabOverrides["servers"] = {
  delta: { privateIp: "10.0.1.14", location: "fsn1" },
  echo: { privateIp: "10.0.1.15", location: "hel1", roles: ["database"] },
};
const settings = (servers: LabOverrides["servers"]): LabOverrides => ({
  tls: "terminate",
  servers,
  loadBalancer: { second: { location: "fsn1", privateIp: "10.0.1.6" } },
});

let lab: Lab;
beforeAll(async () => {
  await labInMode("terminate");
  // This step runs without visitors, because the lab's load balancer restarts when a target is added. Hetzner's load balancer does not
  // restart.
  lab = await Lab.up(settings({ ...stays, ...goes, ...comes }));
});

/** Replaces the lab's configuration. @returns the lab with the configured servers */
async function configure(overrides: LabOverrides): Promise<Lab> {
  const current = await loadSettings(lab.layout);
  if (current === undefined) throw new Error("no lab");
  await saveSettings(lab.layout, { ...current, overrides });
  return Lab.attach();
}

/** Runs `npm run ops` with the given arguments and checks that the command succeeds. */
async function succeed(...args: readonly string[]): Promise<void> {
  expect(await ops(...args)).toMatchObject({ exitCode: 0, stderr: "" });
}

describe("a move from one location to three", () => {
  it("moving an environment from one location to three fails no request, loses no write and ends with a healthy environment", async () => {
    const group = await wholeGroup(lab);
    const remaining = settings({ ...stays, ...comes });
    // The load uses the lab with the remaining servers, because the other servers do not exist at the end of the load.
    const moved = await configure(remaining);
    await configure(settings({ ...stays, ...goes, ...comes }));
    const work = async () => {
      await succeed("rollout", "alpha");
      await configure(remaining);
      for (const name of Object.keys(goes)) await succeed("remove", name);
      await succeed("balancers", "both");
    };
    const { told } = await unnoticed(moved, group, work, { ratePerSecond: 20 });
    figure("move from one location to three", told);
    expect(await errantTransactions(await settled(moved))).toEqual({});
    expect(moved.blueprint.environment.config.servers.map(({ location }) => location)).toEqual([
      "nbg1",
      "fsn1",
      "hel1",
    ]);
    expect(await statusNow()).toMatchObject({ needsHand: [], outside: [] });
    expect(await ops("balancers")).toMatchObject({ exitCode: 0 });
  });
});
