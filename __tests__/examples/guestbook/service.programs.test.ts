import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { Agent, request as httpRequest } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { extract } from "tar";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildRelease } from "../../../release/build.js";
import { pause } from "../../../examples/guestbook/src/database/time.js";
import { makeCertificate } from "./support/certificate.js";
import { type Answer, FakeMysql } from "./support/fake-mysql.js";
import { supervise, type Supervised } from "./support/supervised.js";

let folder: string;
let mysql: FakeMysql;
let service: Supervised;

const answer = (sql: string): Answer => {
  if (sql.startsWith("SELECT GET_LOCK")) return { columns: ["taken"], rows: [[1]] };
  if (sql.includes("super_read_only")) return { columns: ["readOnly"], rows: [[0]] };
  return sql.startsWith("INSERT INTO notes") ? { insertId: 7 } : "ok";
};

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "app-service-"));
  const { path } = await buildRelease({ folder });
  await extract({ file: path, cwd: folder, strip: 1 }, ["app"]);
  const certificate = makeCertificate("mysql.internal");
  writeFileSync(join(folder, "ca.pem"), certificate.certificate);
  writeFileSync(join(folder, "password"), "x");
  mysql = new FakeMysql({ certificate });
  mysql.answer = answer;
  const { host, port } = await mysql.listen();
  service = await supervise(folder, {
    SITE_DOMAIN: "www.foobar.com",
    ENVIRONMENT: "test",
    DATABASE_WRITE: `${host}:${port}`,
    DATABASE_READ: `${host}:${port}`,
    DATABASE_NAME: "app",
    DATABASE_USER: "app",
    DATABASE_PASSWORD_FILE: "password",
    DATABASE_CA_FILE: "ca.pem",
    DATABASE_TLS_NAME: "mysql.internal",
  });
});
afterAll(async () => {
  agent.destroy();
  await service.close();
  await mysql.close();
  rmSync(folder, { recursive: true });
});

const started = (): number => service.lines.filter(({ message }) => message === "listening").length;

/** Keeps connections alive and closes idle ones, as nginx does (after 5 s there). */
const agent = new Agent({ keepAlive: true, timeout: 300 });

const send = (method: "GET" | "POST", path: string): Promise<string> =>
  new Promise((resolve) => {
    const headers = { "content-type": "application/json" };
    const request = httpRequest(service.url + path, { agent, method, headers }, (response) => {
      response.resume().once("end", () => resolve(`${method} ${response.statusCode}`));
    });
    request.once("error", (error) => resolve(`${method} ${error.message}`));
    request.end(method === "POST" ? JSON.stringify({ author: "Ann", text: "hello" }) : undefined);
  });

describe("the packed service", () => {
  it("serves connections that waited in the socket before its start, and is ready", async () => {
    expect(await send("GET", "/healthz")).toBe("GET 200");
    await expect.poll(() => send("GET", "/readyz"), { timeout: 10_000 }).toBe("GET 200");
    expect(mysql.statements).toContain("INSERT INTO schema_migrations (name) VALUES ('0001-notes')");
    expect(service.lines.find(({ message }) => message === "listening")).toMatchObject({ inherited: true });
  });

  it("loses no request under constant load while it is replaced", async () => {
    const results: Promise<string>[] = [];
    let isRunning = true;
    const load = (async () => {
      while (isRunning) {
        results.push(results.length % 4 === 0 ? send("POST", "/api/notes") : send("GET", "/"));
        await pause(5);
      }
    })();
    await pause(100);
    service.restart();
    await expect.poll(started, { timeout: 15_000 }).toBe(2);
    await pause(100);
    isRunning = false;
    await load;
    const outcomes = new Set(await Promise.all(results));
    expect(outcomes).toEqual(new Set(["GET 200", "POST 201"]));
    expect(results.length).toBeGreaterThan(20);
    expect(service.lines.filter(({ message }) => message === "stopped")).toHaveLength(1);
  });
});
