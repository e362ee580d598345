import { expect, it, onTestFinished, vi } from "vitest";
import { Progress } from "../../../ops/core/progress.js";

const steps = () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const said: string[] = [];
  return { said, progress: new Progress((line) => void said.push(line.replace(/^\d\d:\d\d:\d\d {2}/, ""))) };
};
const lasting = (seconds: number) => new Promise((done) => setTimeout(done, seconds * 1000));

it("a step of an npm run ops command logs its start, its status every 30 s and its duration, and nothing afterwards", async () => {
  const { said, progress } = steps();
  const step = progress.step("alpha: comes up", async (report) => {
    report("waits for mysql");
    await lasting(65);
    return "done";
  });
  await vi.advanceTimersByTimeAsync(65_000);
  expect(await step).toBe("done");
  await vi.advanceTimersByTimeAsync(600_000);
  expect(said).toEqual([
    "alpha: comes up",
    "  waits for mysql",
    "  … alpha: comes up: 30.0 s, waits for mysql",
    "  … alpha: comes up: 60.0 s, waits for mysql",
    "  done after 65.0 s",
  ]);
});

it("a step of an npm run ops command logs nothing more after the step fails", async () => {
  const { said, progress } = steps();
  await expect(progress.step("it", () => Promise.reject(new Error("why")))).rejects.toThrow("why");
  await vi.advanceTimersByTimeAsync(600_000);
  expect(said).toEqual(["it"]);
  expect(vi.getTimerCount()).toBe(0);
});
