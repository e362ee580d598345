import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Lab } from "../../lab/lab.js";
import type { Machine } from "../../lab/machine/machine.js";
import { sleep, waitFor } from "../../lab/system/shell.js";
import { labInAnyMode } from "./support/lab-in-mode.js";
import { figure, seconds, timed } from "./support/figures.js";
import { errantTransactions, reportOf, settled, takesWrites, type WholeGroup, wholeGroup } from "../../lab/group.js";
import { notesOn, tryQuery } from "../../lab/machine/sql.js";
import { lostNotes, startWriting } from "../../lab/load/writes.js";

let lab: Lab;
let group: WholeGroup;

beforeAll(async () => {
  lab = await labInAnyMode();
});
beforeEach(async () => {
  group = await settled(lab);
});

/** Tries to write on a member itself, as root. @returns whether it was accepted */
async function writeOn(machine: Machine, text: string): Promise<boolean> {
  const insert = `INSERT INTO app.notes (author, text, created_at, idempotency_key) VALUES ('proof', '${text}', NOW(3), '${text}')`;
  return (await tryQuery(machine, insert)).ok;
}

/** Does so once a second. @returns the attempts that were accepted */
async function keepWritingOn(machine: Machine, start: string, attempts: number): Promise<string[]> {
  const tries: Promise<string[]>[] = [];
  for (let n = 0; n < attempts; n++) {
    const text = `${start}${n}`;
    tries.push(writeOn(machine, text).then((accepted) => (accepted ? [text] : [])));
    await sleep(1);
  }
  return (await Promise.all(tries)).flat();
}

/** Cuts a member off under write load, tries to write on it all the while, and checks what the group kept. */
async function cutOff(member: Machine) {
  const forbidden = `cut off ${Date.now()} `;
  // what will be refused is refused because of the cut, and would be taken by a primary
  expect(await writeOn(group.primary, `before ${forbidden}`)).toBe(true);
  const writing = await startWriting(lab, group, { seconds: 25 });
  await member.partition();
  const roleLost = timed(() =>
    waitFor(
      `${member.name} not primary`,
      async (see) => {
        const report = see(await reportOf(member));
        return report && !takesWrites(report);
      },
      { timeoutSeconds: 30 },
    ),
  );
  const accepted = await keepWritingOn(member, forbidden, 18);
  const written = await writing.end;
  const during = await reportOf(member);
  await member.heal();
  const { result: after, seconds: rejoined } = await timed(() => wholeGroup(lab));
  expect(accepted).toEqual([]);
  for (const machine of lab.machines) expect([...(await notesOn(machine, forbidden))]).toEqual([]);
  expect(during).toMatchObject({ writable: false });
  expect(await errantTransactions(after)).toEqual({});
  expect(await lostNotes(after, written)).toEqual({});
  expect(written.worksAgain).toBe(true);
  return { ...written, after, rejoined, roleLost: (await roleLost).seconds };
}

describe("a member cut off from the others", () => {
  it("accepts no write while the group goes on, and rejoins by itself", async () => {
    const [replica] = group.replicas;
    if (!replica) throw new Error("a replica is needed");
    const { longestGap, rejoined, failed, sent } = await cutOff(replica);
    figure(
      "replica cut off",
      `${seconds(longestGap)} without a write, ${failed} of ${sent} failed, back ${seconds(rejoined)} after the cut was healed`,
    );
  });

  it("loses its role if it was the primary, accepts no write, and rejoins clean", async () => {
    const before = group.primary;
    const { longestGap, rejoined, roleLost, after, failed, sent } = await cutOff(before);
    expect(after.primary.name).not.toBe(before.name);
    figure(
      "primary cut off",
      `role lost after ${seconds(roleLost)}, ${seconds(longestGap)} without a write, ${failed} of ${sent} failed, back ${seconds(rejoined)} after the cut was healed`,
    );
  });
});
