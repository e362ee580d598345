import { execa } from "execa";
import { expect, it } from "vitest";

/** A command that waits. Most commands wait most of the time. */
const command = `
  import { Progress } from "./ops/core/progress.ts";
  import { endInOrder, waitUntil } from "./ops/core/shell.ts";
  endInOrder();
  const progress = new Progress();
  try {
    await progress.step("waits", () => waitUntil("the end", async () => "it goes on", { limitSeconds: 60 }));
  } catch (error) {
    console.log(error.message);
    await progress.step("goes on", async () => console.log("NOT EXPECTED")).catch(() => console.log("begins nothing"));
  } finally {
    console.log("puts things back");
  }
`;

it.each(["SIGINT", "SIGTERM"] as const)(
  "after %s, an npm run ops command stops waiting, starts no new step and cleans up",
  async (signal) => {
    const run = execa(process.execPath, ["--import", "tsx", "--input-type=module", "--eval", command], {
      reject: false,
    });
    run.stdout.on("data", (said: Buffer) => said.includes("waits") && run.kill(signal));
    const { exitCode, stdout } = await run;
    expect({ exitCode, said: stdout.split("\n").slice(1) }).toEqual({
      exitCode: 0,
      said: [
        "interrupted; run the same command again, it continues where it stopped",
        "begins nothing",
        "puts things back",
      ],
    });
  },
);

it("after Ctrl-C in a terminal, which signals all processes, an npm run ops command waits for its running child process", async () => {
  const applies = `
      import { endInOrder, runToEnd } from "./ops/core/shell.ts";
      endInOrder();
      setTimeout(() => console.log("is under way"), 500);
      const { stdout } = await runToEnd(["sh", "-c", "sleep 2; echo came to its end"], { timeoutSeconds: 20 });
      console.log(stdout);
    `;
  const run = execa(process.execPath, ["--import", "tsx", "--input-type=module", "--eval", applies], {
    reject: false,
    detached: true,
  });
  run.stdout.on("data", (said: Buffer) => {
    if (said.includes("is under way") && run.pid !== undefined) process.kill(-run.pid, "SIGINT");
  });
  expect((await run).stdout).toBe("is under way\ncame to its end");
});

it("an interrupted npm run ops command passes Ctrl-C exactly once to a child program that must save its work", async () => {
  const program =
    "trap 'count=$((count + 1))' INT; for step in 1 2 3 4 5 6 7 8 9 10; do sleep 0.2; done; echo ends after $count";
  const applies = `
      import { endInOrder, runToEnd } from "./ops/core/shell.ts";
      endInOrder();
      setTimeout(() => console.log("runs"), 500);
      const { stdout } = await runToEnd(["sh", "-c", ${JSON.stringify(program)}], { graceful: true });
      console.log(stdout);
    `;
  const run = execa(process.execPath, ["--import", "tsx", "--input-type=module", "--eval", applies], {
    reject: false,
    detached: true,
  });
  run.stdout.on("data", (said: Buffer) => {
    if (said.includes("runs") && run.pid !== undefined) process.kill(-run.pid, "SIGINT");
  });
  expect((await run).stdout).toBe("runs\nends after 1");
});
