import { inject } from "vitest";
import { replaceDeprecated } from "../../command-line/deprecations.js";
import { harmful } from "./variables.js";

// Tests, and programs that tests start, see only harmless environment variables.
for (const name of harmful(process.env)) delete process.env[name];
process.env["HOME"] = inject("home");
process.env["ENVIRONMENTS_FOLDER"] = "__tests__/fixtures/environments";

replaceDeprecated();

// cdktf records a stack trace for each token, which doubles the duration of these tests. Only cdktf requests stack traces of unlimited
// length, so only these requests are skipped.
const capture = Error.captureStackTrace.bind(Error);
Error.captureStackTrace = (target, below) => {
  if (Error.stackTraceLimit < Number.MAX_SAFE_INTEGER) capture(target, below);
};
