import { expect, it } from "vitest";
import { limits } from "../../../examples/guestbook/src/limits.js";
import { bodyKib, timings } from "../../../modules/platform/limits.js";

it("the guestbook's time limits match those of nginx and systemd", () =>
  expect({
    longestAnswer: limits.database.writeDeadlineSeconds,
    keepAlive: limits.http.keepAliveSeconds,
    drain: limits.stop.drainSeconds,
    finish: limits.stop.finishSeconds,
    bodyBytes: limits.http.bodyBytes,
  }).toEqual({
    longestAnswer: timings.application.longestAnswer,
    keepAlive: timings.application.keepAlive,
    drain: timings.application.drain,
    finish: timings.application.finish,
    bodyBytes: bodyKib.application * 1024,
  }));
