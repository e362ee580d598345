import { execa } from "execa";
import { expect, it } from "vitest";
import type { LoadProps, LoadResult } from "../../lab/load/load.js";
import { httpServer } from "../support/listening.js";

/** Runs the load generator in a separate process with POST requests, and returns its result. */
async function resultOf(load: Omit<LoadProps, "method" | "ratePerSecond">): Promise<LoadResult> {
  const input = `${JSON.stringify({ method: "POST", ratePerSecond: 20, ...load })}\n`;
  const { stdout } = await execa(process.execPath, ["--import", "tsx", "lab/load/worker.ts"], { input });
  return JSON.parse(stdout) as LoadResult;
}

it("the load generator puts the number of each request into its body and headers, and counts only the expected status as ok", async () => {
  const seen: string[] = [];
  const url = await httpServer(({ method, headers }, response, body) => {
    seen.push(`${method} ${headers["content-type"]} ${headers["x-key"] as string} ${body}`);
    response.writeHead(body.endsWith("1") ? 200 : 201).end();
  });
  const { acknowledged, acknowledgedAt, byStatus } = await resultOf({
    url: `${url}/`,
    headers: { "Content-Type": "text/plain", "X-Key": "key-{n}" },
    body: "text-{n}",
    status: 201,
    seconds: 0.15,
  });
  expect(seen.sort()).toEqual([0, 1, 2].map((n) => `POST text/plain key-${n} text-${n}`));
  expect(acknowledged.toSorted()).toEqual([0, 2]);
  expect(acknowledgedAt).toHaveLength(2);
  expect(byStatus).toEqual({ "200": 1, "201": 2 });
});

it("the load generator repeats a request at the target of a redirect, and stops after a redirect loop", async () => {
  const seen: string[] = [];
  const address = await httpServer(({ method, url }, response, body) => {
    seen.push(`${method} ${url} ${body}`);
    if (body === "0") return void response.writeHead(url === "/new" ? 201 : 308, { location: "/new" }).end();
    response.writeHead(307, { location: "/circle" }).end();
  });
  const { byStatus } = await resultOf({ url: `${address}/old`, body: "{n}", seconds: 0.1 });
  expect(byStatus).toEqual({ "201": 1, "in a circle": 1 });
  expect(seen.filter((line) => line.endsWith(" 0"))).toEqual(["POST /old 0", "POST /new 0"]);
});
