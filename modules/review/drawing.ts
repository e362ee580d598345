import { Worker } from "node:worker_threads";
import type { Config } from "../config/schema.js";
import { dot } from "./topology.js";

/**
 * The topology as a drawing that any browser opens: SVG, by Graphviz. It is drawn beside whatever the caller does meanwhile,
 * since Graphviz takes a third of a second to get ready.
 */
export const drawTopology = (config: Config): Promise<string> =>
  new Promise((resolve, reject) => {
    new Worker(new URL("./drawing-worker.mjs", import.meta.url), { workerData: dot(config) })
      .once("message", resolve)
      .once("error", reject);
  });
