import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { errantTransactions, settled, wholeGroup } from "../../../lab/group.js";
import type { Lab } from "../../../lab/lab.js";
import { underLoad } from "../../../lab/load/under-load.js";
import type { Machine } from "../../../lab/machine/machine.js";
import { sleep } from "../../../lab/system/shell.js";
import { failures, figure, seconds, timed } from "../support/figures.js";
import { labInAnyMode } from "../support/lab-in-mode.js";

/**
 * Time in seconds after which a member that does not respond has been expelled. Members suspect the member after 5 s and expel the member
 * within another 2 s.
 */
const missedSeconds = 8;
/** Shortest absence in tenths of a second. The absences from `firstTenth` to `lastTenth` include the time of the expulsion. */
const firstTenth = 10;
/** Longest absence in tenths of a second. */
const lastTenth = 73;
/**
 * Distance between two tested absences in tenths of a second. If the distance is an odd number, all kinds of absence are tested equally
 * often. @default
 * 1
 */
const step = Number(process.env["LAB_STEP"] ?? 1);

const systemctl = (machine: Machine, ...words: readonly string[]) => machine.exec(["systemctl", ...words]);
const signal = (machine: Machine, name: string) =>
  systemctl(machine, "kill", "--kill-whom=main", `--signal=${name}`, "mysql");

/** Kinds of absence, each with functions that start and end the absence. */
const ways = {
  "power cut": { go: (machine: Machine) => machine.kill(), back: (machine: Machine) => machine.start() },
  crash: {
    go: async (machine: Machine) => {
      await signal(machine, "KILL");
      await systemctl(machine, "stop", "mysql");
    },
    back: (machine: Machine) => systemctl(machine, "start", "mysql"),
  },
  "lost link": { go: (machine: Machine) => machine.partition(), back: (machine: Machine) => machine.heal() },
  freeze: { go: (machine: Machine) => signal(machine, "STOP"), back: (machine: Machine) => signal(machine, "CONT") },
};
const roles = ["primary", "replica"] as const;
const kinds = (Object.keys(ways) as (keyof typeof ways)[]).flatMap((way) => roles.map((role) => ({ way, role })));

/** Absences to test. Each duration occurs once, and each kind of absence occurs equally often. */
const returns = Array.from({ length: lastTenth - firstTenth + 1 }, (_, n) => ({
  ...(kinds[n % kinds.length] as (typeof kinds)[number]),
  away: (firstTenth + n) / 10,
})).filter((_, n) => n % step === 0);

let lab: Lab;
const measured: { readonly whole: number; readonly gap: number }[] = [];

beforeAll(async () => {
  lab = await labInAnyMode();
});
afterAll(() => {
  const longest = (key: "whole" | "gap") => seconds(Math.max(...measured.map((one) => one[key])));
  figure(`${measured.length} returns`, `whole ${longest("whole")} after at most, ${longest("gap")} without a write`);
});

describe("a member that returns about when the group expels it", () => {
  it.each(returns)(
    "a member that returns rejoins the group, and no write is lost: $way of a $role for $away s",
    async (absence) => {
      const { go, back } = ways[absence.way];
      const group = await settled(lab);
      const member = absence.role === "primary" ? group.primary : group.replicas[0];
      if (!member) throw new Error("a replica is needed");
      const { result, reads, writes, lost } = await underLoad(lab, group, { ratePerSecond: 10 }, async () => {
        const gone = Date.now();
        const until = (seconds: number) => sleep(seconds - (Date.now() - gone) / 1000);
        await go(member);
        await until(absence.away);
        return timed(async () => {
          await back(member);
          await until(missedSeconds);
          return wholeGroup(lab);
        });
      });
      expect(lost).toEqual({});
      expect(await errantTransactions(result.result)).toEqual({});
      measured.push({ whole: result.seconds, gap: writes.longestGap });
      figure(
        `${absence.way} of a ${absence.role} for ${seconds(absence.away)}`,
        `whole ${seconds(result.seconds)} after, ${seconds(writes.longestGap)} without a write, reads: ${failures(reads)}`,
      );
    },
  );
});
