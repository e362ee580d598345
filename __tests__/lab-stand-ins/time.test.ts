import { expect, it } from "vitest";
import { timeAnswer } from "../../lab/stand-ins/datadog/intake/time.js";

const question = Buffer.alloc(48);
question.write("my time!", 40);
const answer = timeAnswer(question, 1_500);

it("the lab's time server answers with stratum 1", () => {
  expect([...answer.subarray(0, 2)]).toEqual([0x24, 1]);
});

it("the response of the lab's time server contains the client's time", () => {
  expect(answer.toString("latin1", 24, 32)).toBe("my time!");
});

it.each([32, 40])(
  "the response of the lab's time server contains the time since 1900 in seconds and fractions (byte %i)",
  (field) => {
    expect(answer.readUInt32BE(field)).toBe(2_208_988_801);
    expect(answer.readUInt32BE(field + 4)).toBe(2 ** 31);
  },
);
