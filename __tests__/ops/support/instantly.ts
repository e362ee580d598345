import { syncBuiltinESMExports } from "node:module";
import timers from "node:timers/promises";
import { onTestFinished, vi } from "vitest";

/** Disables the time limits of programs for the rest of a test. @returns the requested time limits in seconds */
export function limits(): readonly number[] {
  const found: number[] = [];
  const waiting = vi.spyOn(timers, "setTimeout").mockImplementation((milliseconds) => {
    found.push((milliseconds ?? 0) / 1000);
    return new Promise(() => undefined);
  });
  syncBuiltinESMExports();
  onTestFinished(() => {
    waiting.mockRestore();
    syncBuiltinESMExports();
  });
  return found;
}

/** Skips all waits for the rest of a test and advances the clock instead. Do not use `instantly` in `concurrent` tests. */
export function instantly(): void {
  vi.useFakeTimers({ toFake: ["Date"] });
  const sleeping = vi.spyOn(timers, "setTimeout").mockImplementation((milliseconds) => {
    vi.setSystemTime(Date.now() + (milliseconds ?? 0));
    return Promise.resolve(undefined as never);
  });
  syncBuiltinESMExports();
  onTestFinished(() => {
    sleeping.mockRestore();
    syncBuiltinESMExports();
    vi.useRealTimers();
  });
}
