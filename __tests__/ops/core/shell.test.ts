import { expect, it } from "vitest";
import { runToEnd, waitUntil } from "../../../ops/core/shell.js";
import { temporaryFolder } from "../../support/payload-files.js";
import { instantly } from "../support/instantly.js";

it("runToEnd passes input, working directory and environment variables to a program and returns its output and exit code", async () => {
  const folder = temporaryFolder();
  const words = 'cat; echo "$PLACE $(pwd)"; echo why >&2; exit 3';
  const props = { timeoutSeconds: 20, input: "input ", directory: folder, environment: { PLACE: "here" } };
  expect(await runToEnd(["sh", "-c", words], props)).toEqual({
    ok: false,
    exitCode: 3,
    stdout: `input here ${folder}`,
    stderr: "why",
  });
  expect(await runToEnd(["true"], { timeoutSeconds: 20 })).toMatchObject({ ok: true, exitCode: 0, stderr: "" });
});

it("runToEnd passes empty input to a program by default", async () => {
  expect(await runToEnd(["cat"], { timeoutSeconds: 5 })).toMatchObject({ ok: true, stdout: "" });
});

it("runToEnd returns the reason if a program times out or cannot start", async () => {
  expect(await runToEnd(["sleep", "30"], { timeoutSeconds: 0.2 })).toMatchObject({
    ok: false,
    stderr: "timed out after 0.2 s",
  });
  expect(await runToEnd(["no-such-program"], { timeoutSeconds: 5 })).toMatchObject({
    ok: false,
    exitCode: undefined,
    stderr: expect.stringContaining("ENOENT") as string,
  });
});

it("waitUntil checks its condition every 2 s, and fails with the last reason after the time limit", async () => {
  instantly();
  const began = Date.now();
  const looks: number[] = [];
  const missing = () => Promise.resolve(`nothing, look ${looks.push((Date.now() - began) / 1000)}`);
  await expect(waitUntil("it", missing, { limitSeconds: 5 })).rejects.toThrow(
    "it: timed out after 5 s; nothing, look 4",
  );
  expect(looks).toEqual([0, 2, 4, 6]);
});

it("waitUntil returns as soon as its condition is true, and reports every new reason for the wait once", async () => {
  instantly();
  const left = ["a", "a", "b", undefined];
  const told: string[] = [];
  await waitUntil("it", () => Promise.resolve(left.shift()), { limitSeconds: 60, report: (what) => told.push(what) });
  expect({ left, told }).toEqual({ left: [], told: ["a", "b"] });
});
