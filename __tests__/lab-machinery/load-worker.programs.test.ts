import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { execa } from "execa";
import { expect, it, onTestFinished } from "vitest";
import type { LoadProps, LoadResult } from "../../lab/load/load.js";

it("a load numbers its bodies and headers, and counts only the expected status as ok", async () => {
  const seen: string[] = [];
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString()));
    request.on("end", () => {
      seen.push(`${request.method} ${request.headers["content-type"]} ${request.headers["x-key"] as string} ${body}`);
      response.writeHead(body.endsWith("1") ? 200 : 201).end();
    });
  });
  onTestFinished(() => void server.close());
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const load: LoadProps = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    method: "POST",
    headers: { "Content-Type": "text/plain", "X-Key": "key-{n}" },
    body: "text-{n}",
    status: 201,
    ratePerSecond: 20,
    seconds: 0.15,
  };
  const { stdout } = await execa(process.execPath, ["--import", "tsx", "lab/load/worker.ts"], {
    input: `${JSON.stringify(load)}\n`,
  });
  const { acknowledged, acknowledgedAt, byStatus } = JSON.parse(stdout) as LoadResult;
  expect(seen.sort()).toEqual([0, 1, 2].map((n) => `POST text/plain key-${n} text-${n}`));
  expect(acknowledged.toSorted()).toEqual([0, 2]);
  expect(acknowledgedAt).toHaveLength(2);
  expect(byStatus).toEqual({ "200": 1, "201": 2 });
});

it("a load repeats a request at the target of a redirect, and gives up on a redirect loop", async () => {
  const seen: string[] = [];
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString()));
    request.on("end", () => {
      seen.push(`${request.method} ${request.url} ${body}`);
      if (body === "0") return void response.writeHead(request.url === "/new" ? 201 : 308, { location: "/new" }).end();
      response.writeHead(307, { location: "/circle" }).end();
    });
  });
  onTestFinished(() => void server.close());
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const load: LoadProps = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/old`,
    method: "POST",
    body: "{n}",
    ratePerSecond: 20,
    seconds: 0.1,
  };
  const { stdout } = await execa(process.execPath, ["--import", "tsx", "lab/load/worker.ts"], {
    input: `${JSON.stringify(load)}\n`,
  });
  expect((JSON.parse(stdout) as LoadResult).byStatus).toEqual({ "201": 1, "in a circle": 1 });
  expect(seen.filter((line) => line.endsWith(" 0"))).toEqual(["POST /old 0", "POST /new 0"]);
});
