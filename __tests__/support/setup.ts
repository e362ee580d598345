import { inject } from "vitest";
import { replaceDeprecated } from "../../command-line/deprecations.js";
import { skipTokenStacks } from "../../command-line/token-stacks.js";
import { harmful } from "./variables.js";

// Programs that tests start inherit these variables and no others.
for (const name of harmful(process.env)) delete process.env[name];
process.env["HOME"] = inject("home");
process.env["ENVIRONMENTS_FOLDER"] = "__tests__/fixtures/environments";

replaceDeprecated();
skipTokenStacks();
