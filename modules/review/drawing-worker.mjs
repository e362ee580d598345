// Draws the graph it is given as SVG. JavaScript, so that it starts without a compiler.
import { parentPort, workerData } from "node:worker_threads";
import { instance } from "@viz-js/viz";

parentPort.postMessage((await instance()).renderString(workerData, { format: "svg" }));
