import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { generatedPages } from "./pages.js";

const inProject = (path: string): URL => new URL(`../../${path}`, import.meta.url);

const monitorIds = "modules/platform/monitor-ids.ts";
const previousIds = readFileSync(inProject(monitorIds), "utf8");
const pages = await generatedPages();

/** Writes the pages that are generated from the code. A test fails if a generated page is outdated. */
for (const [path, content] of Object.entries(pages)) {
  writeFileSync(inProject(path), content);
  console.log(path);
}

// If the names of monitors have changed, a second run is necessary, because this process has used the previous names for the other pages.
if (pages[monitorIds] !== previousIds)
  execFileSync(process.execPath, ["--import", "tsx", fileURLToPath(import.meta.url)], { stdio: "inherit" });
