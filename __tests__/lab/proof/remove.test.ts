import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { knownReportOf, settled, wholeGroup } from "../../../lab/group.js";
import { Lab } from "../../../lab/lab.js";
import { query } from "../../../lab/machine/sql.js";
import { figure } from "../support/figures.js";
import { labInAnyMode } from "../support/lab-in-mode.js";
import { added, takeOutOfConfiguration, upWith } from "../support/more-servers.js";
import { ops, statusNow } from "../support/operator.js";
import { unnoticed } from "../support/under-load.js";

let three: Lab;
let six: Lab;
beforeAll(async () => {
  three = await labInAnyMode();
  await settled(three);
  six = await upWith(three, added);
});
afterAll(async () => {
  await takeOutOfConfiguration(three);
  for (const machine of await (await Lab.attach()).outside()) await machine.remove();
  await settled(await upWith(three, {}));
});

describe("a removal of three servers out of six", () => {
  it("a removal of three of six servers, including the primary, fails no request and leaves a group that accepts writes", async () => {
    const members = six.machines.filter(({ name }) => name !== "front");
    await wholeGroup(six, members);
    const [uuid] = await query(six.machine("delta"), "SELECT @@server_uuid");
    await query(six.machine("delta"), `SELECT group_replication_set_as_primary('${uuid}')`);
    const group = await wholeGroup(six, members);
    expect(group.primary.name).toBe("delta");
    expect(await ops("remove", "front")).toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(/refused: front is in the configuration/) as string,
    });
    await takeOutOfConfiguration(three);
    const { told } = await unnoticed(three, group, async () => {
      for (const name of Object.keys(added))
        expect(await ops("remove", name)).toMatchObject({ exitCode: 0, stderr: "" });
    });
    const addresses = three.machines.map(({ host }) => host.privateIpv4).sort();
    for (const machine of three.machines) expect(await knownReportOf(machine)).toMatchObject({ remembered: addresses });
    expect(await statusNow()).toMatchObject({ needsHand: [], lock: null, outside: [] });
    figure("ops remove, three servers, one of them the primary", told);
  });
});
