import { describe, expect, it } from "vitest";
import { runToEnd, waitUntil } from "../../../ops/core/shell.js";
import { temporaryFolder } from "../../support/payload-files.js";
import { instantly } from "../support/instantly.js";

describe("a program that is run to its end", () => {
  it("tells what it printed and how it ended, and is told what it is to know", async () => {
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

  it("reads nothing where it is given nothing", async () => {
    expect(await runToEnd(["cat"], { timeoutSeconds: 5 })).toMatchObject({ ok: true, stdout: "" });
  });

  it("says why when it does not end in time, or cannot begin", async () => {
    expect(await runToEnd(["sleep", "30"], { timeoutSeconds: 0.2 })).toMatchObject({
      ok: false,
      stderr: "no end after 0.2 s",
    });
    expect(await runToEnd(["no-such-program"], { timeoutSeconds: 5 })).toMatchObject({
      ok: false,
      exitCode: undefined,
      stderr: expect.stringContaining("ENOENT") as string,
    });
  });
});

describe("waiting", () => {
  it("looks every two seconds until the limit, the last time at it, and says what was missing then", async () => {
    instantly();
    const began = Date.now();
    const looks: number[] = [];
    const missing = () => Promise.resolve(`nothing, look ${looks.push((Date.now() - began) / 1000)}`);
    await expect(waitUntil("it", missing, { limitSeconds: 5 })).rejects.toThrow("it: not after 5 s; nothing, look 4");
    expect(looks).toEqual([0, 2, 4, 6]);
  });

  it("ends as soon as nothing is missing, and tells of each change once", async () => {
    instantly();
    const left = ["a", "a", "b", undefined];
    const told: string[] = [];
    await waitUntil("it", () => Promise.resolve(left.shift()), { limitSeconds: 60, report: (what) => told.push(what) });
    expect({ left, told }).toEqual({ left: [], told: ["a", "b"] });
  });
});
