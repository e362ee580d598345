import type { Machine } from "./machine.js";
import type { RunResult } from "../system/shell.js";

/**
 * Runs a statement as root over the machine's local socket. @returns one line per row @throws if MySQL rejects the statement or does not
 * respond
 */
export async function query(machine: Machine, statement: string): Promise<readonly string[]> {
  const { ok, stdout, stderr } = await tryQuery(machine, statement, 90);
  if (!ok) throw new Error(`${machine.name}: ${statement}: ${stderr}`);
  return stdout === "" ? [] : stdout.split("\n");
}

/** Runs a statement like {@link query}, but returns the result even if the statement fails or times out. */
export const tryQuery = (machine: Machine, statement: string, timeoutSeconds = 20): Promise<RunResult> =>
  machine.tryExec(["mysql", "-NBe", statement], { timeoutSeconds });

/** Returns the GTID set of all transactions that a member has committed. */
const executedOn = async (machine: Machine): Promise<string> =>
  (await query(machine, "SELECT REPLACE(@@GLOBAL.gtid_executed, '\\n', '')"))[0] ?? "";

/** Returns the GTID set of the transactions that a member has and the primary lacks. */
export async function errantOf(machine: Machine, primary: Machine): Promise<string> {
  const executed = await executedOn(machine);
  return (
    (await query(primary, `SELECT REPLACE(GTID_SUBTRACT('${executed}', @@GLOBAL.gtid_executed), '\\n', '')`))[0] ?? ""
  );
}

/** Waits until a member has applied all transactions that another member has committed. */
export async function catchUp(machine: Machine, primary: Machine): Promise<void> {
  await query(machine, `SELECT WAIT_FOR_EXECUTED_GTID_SET('${await executedOn(primary)}', 60)`);
}
