import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { archiveNotices } from "../../../../../modules/platform/signals.js";

it("the health notices about the backup have the same names in mysql-backup and in the monitors", () => {
  const program = readFileSync("modules/machine/parts/backup/files/mysql-backup/ship.py", "utf8");
  const [, names = "", values = ""] = /^([A-Z, ]+) = ("backup".*)$/m.exec(program) ?? [];
  expect(program).toContain(`\nCAUSES = (${names})\n`);
  expect(JSON.parse(`[${values}]`)).toEqual(Object.values(archiveNotices));
});
