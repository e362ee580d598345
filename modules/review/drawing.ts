import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import type { Config } from "../config/schema.js";
import { dot } from "./topology.js";

/** Files of the drawing below a folder: what is drawn, and the drawing. */
const filesIn = (folder: string) => ({
  source: join(folder, "topology.dot"),
  drawing: join(folder, "topology.svg"),
});

/** The topology as a drawing, with what it was drawn from. */
export interface Drawing {
  /** Graphviz' language. */
  readonly source: string;
  /** SVG, which any browser opens. */
  readonly svg: string;
}

const draw = (source: string): Promise<string> =>
  new Promise((resolve, reject) => {
    new Worker(new URL("./drawing-worker.mjs", import.meta.url), { workerData: source })
      .once("message", resolve)
      .once("error", reject);
  });

/**
 * Draws the topology, by Graphviz, beside whatever the caller does meanwhile. A drawing of the same topology that lies in the folder
 * already is taken as it is: getting Graphviz ready costs as much as a fifth of a run.
 */
export async function drawTopology(config: Config, folder: string): Promise<Drawing> {
  const source = dot(config);
  const last = filesIn(folder);
  const isDrawn = existsSync(last.drawing) && existsSync(last.source) && readFileSync(last.source, "utf8") === source;
  return { source, svg: isDrawn ? readFileSync(last.drawing, "utf8") : await draw(source) };
}

/** Writes the drawing into a folder. The source comes last: where it is right, so is the drawing. */
export function writeDrawing(folder: string, { source, svg }: Drawing): void {
  const files = filesIn(folder);
  rmSync(files.source, { force: true });
  writeFileSync(files.drawing, svg);
  writeFileSync(files.source, source);
}
