import { expect, it } from "vitest";
import { verdictOf } from "../../lab/rehearse.js";

const load = { sent: 100, failed: 0, byStatus: { "200": 100 }, longestGap: 1.04, kept: ["a", "b"] };
const verdict = (changes: Partial<Parameters<typeof verdictOf>[0]> = {}) =>
  verdictOf({ result: { exitCode: 0, left: [] }, seconds: 300, reads: load, writes: load, lost: {}, ...changes });

it("a rehearsal of a rollout prints PASSED with its measurements if no request failed and no write was lost", () => {
  expect(verdict().passed).toBe(true);
  expect(verdict().lines.join("\n")).toMatch(
    /^PASSED[^]*0 of 100 reads \(200: 100\), 0 of 100 writes[^]* 0 of 2\n[^]* 1\.0 s\n[^]* 5\.0 minutes$/,
  );
});

it.each([
  ["requests failed", { reads: { ...load, failed: 1, byStatus: { "200": 99, "503": 1 } } }],
  ["acknowledged writes are lost", { lost: { alpha: ["a"], bravo: ["a"] } }],
  ["the rollout ended with 1", { result: { exitCode: 1, left: [] } }],
  ["the rollout ended with a signal", { result: { exitCode: undefined, left: [] } }],
  ["not replaced: charlie", { result: { exitCode: 0, left: ["charlie"] } }],
])("a rehearsal of a rollout prints FAILED with the reason: %s", (fault, changes) => {
  expect(verdict(changes)).toMatchObject({ passed: false });
  expect(verdict(changes).lines[0]).toBe(`FAILED: ${fault}`);
});
