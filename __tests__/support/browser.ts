import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hasTool, runTool } from "./tools.js";

/** Options of the browser: a temporary profile and no internet access. */
const options = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--no-first-run",
  "--disable-sync",
  "--disable-background-networking",
  "--disable-component-update",
  // Without this option, the browser checks for updates.
  "--host-resolver-rules=MAP * ~NOTFOUND",
];

/** Returns whether a real browser is installed. If not, reports the check as not done. */
export const hasBrowser = (whatItChecks: string): boolean => hasTool("chromium", whatItChecks);

/**
 * Shows a page in a browser and returns the value of an expression.
 * @param measure JavaScript expression that is evaluated in the page
 * @param scheme preferred colour scheme of the viewer
 * @throws Error with the browser's output if the script fails
 */
export function measureInBrowser<Found>(page: string, measure: string, scheme: "light" | "dark" = "light"): Found {
  const folder = mkdtempSync(join(tmpdir(), "browser-"));
  try {
    const script = `<script>addEventListener("load", () => { document.body.textContent = "found:" + encodeURIComponent(JSON.stringify(${measure})) + ":"; });</script>`;
    writeFileSync(join(folder, "page.html"), page + script);
    const { output } = runTool("chromium", [
      ...options,
      `--blink-settings=preferredColorScheme=${scheme === "dark" ? 0 : 1}`,
      `--user-data-dir=${join(folder, "profile")}`,
      "--dump-dom",
      `file://${join(folder, "page.html")}`,
    ]);
    const found = /found:([^:]*):/.exec(output)?.[1];
    if (found === undefined) throw new Error(`the browser found nothing: ${output}`);
    return JSON.parse(decodeURIComponent(found)) as Found;
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}
