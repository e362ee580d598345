import { writeFileSync } from "node:fs";
import { generatedPages } from "./pages.js";

/** Writes the pages that are generated from the code. A test fails while they are not current. */
for (const [path, content] of Object.entries(await generatedPages())) {
  writeFileSync(new URL(`../../${path}`, import.meta.url), content);
  console.log(path);
}
