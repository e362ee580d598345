import { expect, it } from "vitest";
import { timeAnswer } from "../../lab/stand-ins/datadog/intake/time.js";

const question = Buffer.alloc(48);
question.write("my time!", 40);
const answer = timeAnswer(question, 1_500);

it("a time server's response claims stratum 1", () => {
  expect([...answer.subarray(0, 2)]).toEqual([0x24, 1]);
});

it("a time server's response returns the client's time", () => {
  expect(answer.toString("latin1", 24, 32)).toBe("my time!");
});

it.each([32, 40])(
  "a time server's response contains the time since 1900 in seconds and fractions (byte %i)",
  (field) => {
    expect(answer.readUInt32BE(field)).toBe(2_208_988_801);
    expect(answer.readUInt32BE(field + 4)).toBe(2 ** 31);
  },
);
