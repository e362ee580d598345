import { expect } from "vitest";
import type { WholeGroup } from "../../../lab/group.js";
import type { Lab } from "../../../lab/lab.js";
import { underLoad } from "../../../lab/load/under-load.js";
import { failures, seconds } from "./figures.js";

/** Runs an action while visitors read and write. Checks that no request fails and no acknowledged write is lost. */
export async function unnoticed<T>(
  lab: Lab,
  group: WholeGroup,
  work: () => Promise<T>,
  { ratePerSecond = 10 }: { readonly ratePerSecond?: number } = {},
) {
  const { result, seconds: took, reads, writes, lost } = await underLoad(lab, group, { ratePerSecond }, work);
  expect({ reads: failures(reads), writes: failures(writes), lost }).toEqual({
    reads: `0 of ${reads.sent} failed`,
    writes: `0 of ${writes.sent} failed`,
    lost: {},
  });
  return {
    result,
    writes,
    told:
      `${seconds(took)}, 0 of ${reads.sent} reads and 0 of ${writes.sent} writes failed, none lost, ` +
      `${seconds(writes.longestGap)} without a write, reads p99 ${reads.p99} ms`,
  };
}
