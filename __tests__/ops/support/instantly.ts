import { syncBuiltinESMExports } from "node:module";
import timers from "node:timers/promises";
import { onTestFinished, vi } from "vitest";

/** What programs that are run for the rest of a test are given, in seconds; none is ended for its time. */
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

/** For the rest of a test what sleeps goes on at once, and the clock with it. Not for tests that are `concurrent`. */
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
