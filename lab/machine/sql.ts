import type { Machine } from "./machine.js";
import type { RunResult } from "../system/shell.js";

/** Runs a statement as root over the machine's own socket; one line for each row. @throws when MySQL refuses or does not answer */
export async function query(machine: Machine, statement: string): Promise<readonly string[]> {
  const { ok, stdout, stderr } = await tryQuery(machine, statement, 90);
  if (!ok) throw new Error(`${machine.name}: ${statement}: ${stderr}`);
  return stdout === "" ? [] : stdout.split("\n");
}

/** The same for a statement that may be refused, or not answered in time. */
export const tryQuery = (machine: Machine, statement: string, timeoutSeconds = 20): Promise<RunResult> =>
  machine.tryExec(["mysql", "-NBe", statement], { timeoutSeconds });

/** Every transaction that a member has committed. */
const executedOn = async (machine: Machine): Promise<string> =>
  (await query(machine, "SELECT REPLACE(@@GLOBAL.gtid_executed, '\\n', '')"))[0] ?? "";

/** Transactions that a member has and the primary has not. */
export async function errantOf(machine: Machine, primary: Machine): Promise<string> {
  const executed = await executedOn(machine);
  return (
    (await query(primary, `SELECT REPLACE(GTID_SUBTRACT('${executed}', @@GLOBAL.gtid_executed), '\\n', '')`))[0] ?? ""
  );
}

/** Waits until a member has applied all that another one has committed. */
export async function catchUp(machine: Machine, primary: Machine): Promise<void> {
  await query(machine, `SELECT WAIT_FOR_EXECUTED_GTID_SET('${await executedOn(primary)}', 60)`);
}
