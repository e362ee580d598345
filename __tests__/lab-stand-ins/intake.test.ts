import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, it } from "vitest";
import { IntakeClient } from "../../lab/stand-ins/datadog/intake/client.js";
import { Intake } from "../../lab/stand-ins/datadog/intake/server.js";

const listen = async (server: Server, where: string | number): Promise<Server> => {
  await new Promise<void>((resolve) => server.listen(where, resolve));
  return server;
};

let directory = "";
let servers: readonly Server[] = [];
let client: IntakeClient;

beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), "intake-"));
  const socket = path.join(directory, "query.sock");
  const intake = new Intake("right");
  servers = [await listen(createServer(intake.agents), 0), await listen(createServer(intake.queries), socket)];
  client = new IntakeClient(socket);
});
afterAll(async () => {
  for (const server of servers) server.close();
  await rm(directory, { recursive: true });
});

async function post(endpoint: string, body: unknown, key = "right"): Promise<number> {
  const { port } = servers[0]?.address() as AddressInfo;
  const data = new Uint8Array(gzipSync(JSON.stringify(body)));
  const { status } = await fetch(`http://127.0.0.1:${port}${endpoint}`, {
    method: "POST",
    headers: { "dd-api-key": key },
    body: data,
  });
  return status;
}

const point = { name: "load", host: "alpha", time: 100, tags: ["a:1"], value: 12.5 };

it("the emulated Datadog intake rejects a wrong API key and an unknown endpoint, and stores nothing of such requests", async () => {
  expect(await post("/api/v2/series", [point], "wrong")).toBe(403);
  expect(await post("/api/v3/series", [point])).toBe(404);
  expect(await client.metrics({})).toEqual([]);
});

it("the emulated Datadog intake finds metrics by name, host, tag and time, and adds the tags of their host", async () => {
  expect(await post("/api/v2/series", [point])).toBe(202);
  expect(await post("/intake/", { host: "alpha", tags: ["env:lab"] })).toBe(202);
  expect(await client.metrics({ name: "load", host: "alpha", tags: ["env:lab"], since: 100 })).toEqual([
    { ...point, tags: ["a:1", "env:lab"] },
  ]);
  for (const other of [{ name: "loa" }, { host: "bravo" }, { tags: ["a:1", "b:2"] }, { since: 101 }])
    expect(await client.metrics(other)).toEqual([]);
});

it("the emulated Datadog intake finds logs by their text, and parses JSON messages into attributes", async () => {
  const line = { host: "alpha", time: 7, tags: [], service: "app", source: "nodejs" };
  await post("/api/v2/logs", [
    { ...line, message: '{"requestId":"r1"}' },
    { ...line, message: "plain" },
  ]);
  expect(await client.logs({ service: "app", text: "r1" })).toMatchObject([{ attributes: { requestId: "r1" } }]);
  expect(await client.logs({ text: "plain" })).toMatchObject([{ attributes: {} }]);
});
