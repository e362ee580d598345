import { matching, text } from "./verdict.js";

/** Public key of age, as `age-keygen` prints it. */
export const ageRecipient = matching(
  /^age1[02-9ac-hj-np-z]{58}$/,
  "must be a public key of age",
  "take the line that begins with age1 of what `age-keygen` prints; the one with AGE-SECRET-KEY is for nobody",
);

const time = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(\.\d{1,6})?Z$/;

/** A moment that a restore goes to: the last transaction that was committed by then, all there is, or the one before a transaction. */
export const restoreMoment = text((value) => {
  const written = time.exec(value)?.[1];
  const isDay = written !== undefined && new Date(`${written}Z`).toJSON()?.startsWith(written);
  return value === "latest" || isDay || /^before [0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}:[1-9]\d*$/.test(value)
    ? undefined
    : {
        rule: 'must be a time in UTC, "latest", or a transaction to stop before',
        fix: 'write it as 2026-12-01T20:00:00Z, or as "before 5f0c8a0e-6f0b-4f4e-9d57-2c1f7f3f9b10:4711"',
      };
});
