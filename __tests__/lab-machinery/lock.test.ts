import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { afterEach, expect, it } from "vitest";
import { type LabLock, takeLock } from "../../lab/system/lock.js";

const name = `\0foobar-lab-test-${process.pid}`;
const held: LabLock[] = [];
const take = async (holder: string, waitSeconds = 0): Promise<void> => {
  held.push(await takeLock(holder, { name, waitSeconds }));
};
afterEach(async () => {
  for (const lock of held.splice(0)) await lock.release();
});

it("the lab's lock has one holder at a time, and the error message contains this holder", async () => {
  await take("npm run lab up");
  await expect(take("another")).rejects.toThrow(
    new RegExp(String.raw`^lab: is in use by npm run lab up \(process ${process.pid}, since \d\d:\d\d:\d\d\); wait`),
  );
});

it("the lab's lock can be taken again after its holder has released it", async () => {
  await take("first");
  await held.pop()?.release();
  await take("second");
});

it("a process can wait for the lab's lock", async () => {
  await take("first");
  const first = held.pop();
  setTimeout(() => void first?.release(), 300);
  await take("second", 10);
});

it("the lab's lock can be taken again after its holder was killed", async () => {
  const module = fileURLToPath(new URL("../../lab/system/lock.ts", import.meta.url));
  const program = `const { takeLock } = await import(${JSON.stringify(module)});
      await takeLock("killed", { name: ${JSON.stringify(name)} }); console.log("held"); setInterval(() => undefined, 1000);`;
  const other = spawn(process.execPath, ["--import", "tsx", "--input-type=module", "--eval", program]);
  await once(other.stdout, "data");
  await expect(take("mine")).rejects.toThrow("killed");
  other.kill("SIGKILL");
  await once(other, "exit");
  await take("mine");
});
