import { text } from "./verdict.js";

/** Digits of Bech32 (BIP 173), the encoding of age keys. */
const digits = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";

/** Returns true if the last six digits of a Bech32 text are its correct checksum. The checksum detects typing errors. */
function isWhole(text: string): boolean {
  const end = text.lastIndexOf("1");
  const name = [...text.slice(0, end)].map((letter) => letter.charCodeAt(0));
  const data = [...text.slice(end + 1)].map((digit) => digits.indexOf(digit));
  const all = [...name.map((code) => code >> 5), 0, ...name.map((code) => code & 31), ...data];
  const factors = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3];
  const checksum = all.reduce(
    (sum, value) =>
      factors.reduce(
        (next, factor, bit) => ((sum >> (25 + bit)) & 1 ? next ^ factor : next),
        ((sum & 0x1ffffff) << 5) ^ value,
      ),
    1,
  );
  return checksum === 1;
}

/** Public key of age in the form that `age-keygen` prints. */
export const ageRecipient = text((value) => {
  const fix = "copy the line of `age-keygen` that begins with age1, never the line with AGE-SECRET-KEY";
  if (/^AGE-SECRET-KEY/i.test(value))
    return {
      rule: "must be a public key of age, but this is a private key",
      fix: "create a new pair with `age-keygen`, keep the private key out of the project, and write the line that begins with age1",
    };
  if (!/^age1[02-9ac-hj-np-z]{58}$/.test(value)) return { rule: "must be a public key of age", fix };
  return isWhole(value) ? undefined : { rule: "must be a public key of age, but its checksum is wrong", fix };
});

const time = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(\.\d{1,6})?Z$/;

const isTime = (value: string): boolean => {
  const written = time.exec(value)?.[1];
  return written !== undefined && (new Date(`${written}Z`).toJSON()?.startsWith(written) ?? false);
};

/** Time in UTC up to which a restore applies transactions. */
export const restoreTime = text((value) =>
  isTime(value) ? undefined : { rule: "must be a time in UTC", fix: "write it as 2026-12-01T20:00:00Z" },
);

/** Name of a binary log in the archive, in the format that restores print. */
export const archivedLog = text((value) =>
  /^[a-z]([a-z0-9-]*[a-z0-9])?\/\d{6,}-[0-9a-f]{16}$/.test(value)
    ? undefined
    : {
        rule: "must be a log segment of the archive",
        fix: 'write it as a restore prints it: "alpha/000012-0123456789abcdef"',
      },
);

/** Identifier of a branch of the group's history: 16 hexadecimal digits. */
export const branch = text((value) =>
  /^[0-9a-f]{16}$/.test(value)
    ? undefined
    : { rule: "must be 16 hexadecimal digits", fix: "copy it from the output of `npm run ops backups`" },
);

/** Earliest time that a restore accepts, because the archive format did not exist before this time. */
const firstArchive = "2026-01-01T00:00:00Z";

/** Requested end of a restore: a time, the latest transaction, or the transaction before a given transaction. */
export const restoreMoment = text((value) => {
  if (isTime(value) && value < firstArchive)
    return {
      rule: `must not be before ${firstArchive}, because no archive is older`,
      fix: 'correct the year, or write "latest"',
    };
  return value === "latest" ||
    isTime(value) ||
    /^before [0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}:[1-9]\d{0,18}$/.test(value)
    ? undefined
    : {
        rule: 'must be a time in UTC, "latest", or a transaction to stop before',
        fix: 'write it as 2026-12-01T20:00:00Z, or as "before 5f0c8a0e-6f0b-4f4e-9d57-2c1f7f3f9b10:4711"',
      };
});
