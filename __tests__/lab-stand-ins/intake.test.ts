import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { IntakeClient } from "../../lab/stand-ins/datadog/intake/client.js";
import { intakeListener, queryListener } from "../../lab/stand-ins/datadog/intake/server.js";
import { Store } from "../../lab/stand-ins/datadog/intake/store.js";

const listen = async (server: Server, where: string | number): Promise<Server> => {
  await new Promise<void>((resolve) => server.listen(where, resolve));
  return server;
};

let directory = "";
let agents: Server;
let questions: Server;
let client: IntakeClient;
let store = new Store();

const post = (
  endpoint: string,
  body: unknown,
  headers: Record<string, string> = { "dd-api-key": "right" },
): Promise<Response> => {
  const data = Buffer.isBuffer(body) ? new Uint8Array(body) : JSON.stringify(body);
  return fetch(`http://127.0.0.1:${(agents.address() as AddressInfo).port}${endpoint}`, {
    method: "POST",
    headers,
    body: data,
  });
};

beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), "intake-"));
  const socket = path.join(directory, "query.sock");
  agents = await listen(
    createServer((request, response) => intakeListener(store, "right")(request, response)),
    0,
  );
  questions = await listen(
    createServer((request, response) => queryListener(store)(request, response)),
    socket,
  );
  client = new IntakeClient(socket);
});
beforeEach(() => {
  store = new Store(3);
});
afterAll(async () => {
  agents.close();
  questions.close();
  await rm(directory, { recursive: true });
});

const point = (value: number, timestamp = 100) => ({
  series: [
    {
      metric: "nginx.net.request_per_s",
      points: [{ timestamp, value }],
      resources: [{ name: "alpha", type: "host" }],
      tags: ["a:1"],
    },
  ],
});

describe("the API key", () => {
  it("is required for every request", async () => {
    const refused: Record<string, string>[] = [{}, { "dd-api-key": "wrong" }];
    for (const headers of refused) {
      expect((await post("/api/v2/series", point(1), headers)).status).toBe(403);
      expect((await post("/api/v1/validate", {}, headers)).status).toBe(403);
    }
    expect(await client.metrics()).toEqual([]);
  });

  it("can be validated", async () => {
    expect((await post("/api/v1/validate", {})).status).toBe(200);
  });
});

describe("metrics", () => {
  it("can be queried by name, host, tag and time", async () => {
    expect((await post("/api/v2/series", point(12.5))).status).toBe(202);
    const expected = { name: "nginx.net.request_per_s", host: "alpha", time: 100, value: 12.5, tags: ["a:1"] };
    expect(await client.metrics({ name: "nginx.net.request_per_s", host: "alpha", tags: ["a:1"], since: 100 })).toEqual(
      [expected],
    );
    for (const other of [{ name: "nginx" }, { host: "bravo" }, { tags: ["a:1", "b:2"] }, { since: 101 }])
      expect(await client.metrics(other)).toEqual([]);
  });

  it("include the tags of their host", async () => {
    await post("/api/v2/series", point(1));
    await post("/intake/", {
      internalHostname: "alpha",
      agentVersion: "7",
      "host-tags": { system: ["env:lab", "a:1"] },
    });
    expect((await client.metrics({ tags: ["env:lab"] })).map((metric) => metric.tags)).toEqual([["a:1", "env:lab"]]);
    expect(await client.hosts()).toEqual([{ host: "alpha", tags: ["env:lab", "a:1"], agentVersion: "7" }]);
  });

  it("are deleted above the limit, the oldest first", async () => {
    for (const value of [1, 2, 3, 4]) await post("/api/v2/series", point(value));
    expect((await client.metrics()).map((metric) => metric.value)).toEqual([2, 3, 4]);
  });
});

describe("service checks", () => {
  it("are stored with the name of their status", async () => {
    const run = {
      check: "mysql.can_connect",
      host_name: "alpha",
      timestamp: 5,
      message: "refused",
      tags: ["port:3306"],
    };
    expect(
      (
        await post(
          "/api/v1/check_run",
          [1, 2, 3].map((status) => ({ ...run, status })),
        )
      ).status,
    ).toBe(202);
    const checks = await client.checks({ name: "mysql.can_connect" });
    expect(checks.map((check) => check.status)).toEqual(["warning", "critical", "unknown"]);
    expect(checks[0]).toMatchObject({ host: "alpha", time: 5, message: "refused", tags: ["port:3306"] });
  });
});

describe("logs", () => {
  const line = {
    message: '{"level":"error","requestId":"r1"}',
    hostname: "alpha",
    timestamp: 7500,
    service: "app",
    ddsource: "nodejs",
    ddtags: "a:1,b:2",
  };

  it("are accepted with compression, and JSON messages are parsed into attributes", async () => {
    const headers = { "dd-api-key": "right", "content-encoding": "gzip" };
    expect((await post("/api/v2/logs", gzipSync(JSON.stringify([line])), headers)).status).toBe(202);
    expect(await client.logs({ text: "r1", service: "app", source: "nodejs" })).toEqual([
      {
        host: "alpha",
        time: 7.5,
        service: "app",
        source: "nodejs",
        message: line.message,
        tags: ["a:1", "b:2"],
        attributes: { level: "error", requestId: "r1" },
      },
    ]);
    expect(await client.logs({ text: "r2" })).toEqual([]);
  });

  it("have no attributes if their message is plain text", async () => {
    await post("/api/v2/logs", [{ ...line, message: "plain" }]);
    expect((await client.logs()).map((log) => log.attributes)).toEqual([{}]);
  });
});

describe("processes", () => {
  it("are stored with their user", async () => {
    const list = [{ name: "nginx", user: "www-data" }];
    expect((await post("/api/v1/collector", { host: "alpha", timestamp: 9, processes: list })).status).toBe(200);
    expect(await client.processes({ host: "alpha" })).toEqual([
      { host: "alpha", time: 9, name: "nginx", user: "www-data", tags: [] },
    ]);
  });
});

describe("an invalid request", () => {
  it.each([
    ["an unknown endpoint", "/api/v3/series", {}, 404],
    ["a body with a wrong structure", "/api/v2/series", { series: [{ metric: 1 }] }, 400],
    ["a body that is not JSON", "/api/v2/logs", Buffer.from("{"), 400],
  ])("is rejected: %s", async (_what, endpoint, body, status) => {
    expect((await post(endpoint, body)).status).toBe(status);
  });

  it("is rejected if its encoding is unknown", async () => {
    const headers = { "dd-api-key": "right", "content-encoding": "br" };
    expect((await post("/api/v2/logs", [], headers)).status).toBe(400);
  });
});
