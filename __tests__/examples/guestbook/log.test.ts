import { expect, it } from "vitest";
import { createLog, type LogLevel } from "../../../examples/guestbook/src/log.js";

const record = (level?: LogLevel) => {
  const lines: string[] = [];
  const log = createLog({ level, base: { service: "app" }, destination: { write: (line) => void lines.push(line) } });
  return { log, lines, last: () => JSON.parse(lines.at(-1) ?? "{}") as Record<string, unknown> };
};

it("the guestbook's log contains one JSON object per line", () => {
  const { log, lines, last } = record();
  log.info({ request_id: "r" }, "two\nlines");
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatch(/^\{.*\}\n$/);
  expect(last()).toMatchObject({ level: "info", message: "two\nlines", service: "app", request_id: "r" });
  expect(Date.parse(String(last()["timestamp"]))).toBeGreaterThan(0);
});

it("the guestbook's log omits lines below the configured level", () => {
  const { log, lines } = record("warn");
  log.debug("a");
  log.info("b");
  log.warn("c");
  log.error("d");
  expect(lines).toHaveLength(2);
});

it("the guestbook's log contains errors with kind, message, code and the stack of the causes", () => {
  const { log, last } = record();
  const cause = Object.assign(new Error("inner"), { code: "ECONNRESET" });
  log.error({ error: new TypeError("outer", { cause }) }, "failed");
  expect(last()["error"]).toMatchObject({ kind: "TypeError", message: "outer" });
  expect((last()["error"] as { stack: string }).stack).toMatch(/^TypeError: outer\n[^]*Caused by: Error: inner\n/);
  log.error({ error: cause }, "failed");
  expect(last()["error"]).toMatchObject({ kind: "Error", code: "ECONNRESET" });
});

it("the guestbook's log contains thrown values that are not errors", () => {
  const { log, last } = record();
  log.error({ error: "text" }, "failed");
  expect(last()["error"]).toEqual({ kind: "string", message: "text" });
});
