import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { generatedPages } from "./pages.js";

const inProject = (path: string): URL => new URL(`../../${path}`, import.meta.url);

const monitorIds = "modules/platform/monitor-ids.ts";
const previousIds = readFileSync(inProject(monitorIds), "utf8");
const pages = await generatedPages();

/** Writes the pages that are generated from the code. A test fails while they are not current. */
for (const [path, content] of Object.entries(pages)) {
  writeFileSync(inProject(path), content);
  console.log(path);
}

// Other pages contain the names of monitors, of which this process has loaded the previous ones.
if (pages[monitorIds] !== previousIds)
  execFileSync(process.execPath, ["--import", "tsx", fileURLToPath(import.meta.url)], { stdio: "inherit" });
