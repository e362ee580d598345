import { expect, it } from "vitest";
import { hasTool, runTool } from "../support/tools.js";

it.runIf(hasTool("ruff", "the complexity of Python functions"))("no Python function has a complexity above 12", () => {
  const folders = ["modules", "ops", "lab", "release", "scripts", "examples"];
  const { status, output } = runTool("ruff", ["check", "--no-cache", "--output-format", "concise", ...folders]);
  expect({ status, output }).toEqual({ status: 0, output: "All checks passed!\n" });
});
