import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { extract } from "tar";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildRelease } from "../../release/build.js";
import { newApplication } from "../../release/new.js";
import { debianPython, hasPythonModules } from "../support/tools.js";
import { makeCertificate } from "./guestbook/support/certificate.js";
import { type Answer, FakeMysql } from "./guestbook/support/fake-mysql.js";
import { supervise, type Supervised } from "./guestbook/support/supervised.js";

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

const examples = [
  {
    runtime: "node",
    canServe: true,
    tests: [process.execPath, "--test"],
    command: [process.execPath, "server.cjs"],
    write: ["/api/notes", '{"text":"hello"}'],
  },
  {
    runtime: "guestbook",
    canServe: true,
    tests: [""],
    command: [process.execPath, "server.js"],
    write: ["/api/notes", '{"author":"Ann","text":"hello"}'],
  },
  {
    runtime: "python",
    canServe: hasPythonModules(["gunicorn", "pymysql"], "the Python starter"),
    tests: [debianPython, "-m", "unittest"],
    command: [debianPython, "-m", "gunicorn", "serve:application"],
    write: ["/api/votes", '{"choice":"tea"}'],
  },
] as const;

describe.each(examples)("the example $runtime", ({ runtime, canServe, tests, command, write: [path, body] }) => {
  let folder: string;
  let mysql: FakeMysql;
  let service: Supervised;

  beforeAll(async () => {
    if (!canServe) return;
    folder = mkdtempSync(join(tmpdir(), "starter-"));
    const application = runtime === "guestbook" ? "examples/guestbook" : join(folder, "own");
    if (runtime !== "guestbook") await newApplication(runtime, application);
    // The link replaces `npm install`.
    if (runtime === "node") symlinkSync(resolve("node_modules"), join(application, "node_modules"));
    const release = await buildRelease({ folder, application, version: "9.8.7" });
    await extract({ file: release.path, cwd: folder, strip: 1 }, ["app"]);
    const certificate = makeCertificate("mysql.internal");
    writeFileSync(join(folder, "ca.pem"), certificate.certificate);
    writeFileSync(join(folder, "password"), "x");
    mysql = new FakeMysql({ certificate });
    mysql.answer = (sql): Answer => {
      if (sql.includes("GET_LOCK")) return { columns: ["taken"], rows: [[1]] };
      if (sql.includes("super_read_only")) return { columns: ["readOnly"], rows: [[0]] };
      return sql.startsWith("SELECT") ? { columns: ["name", "votes"], rows: [] } : "ok";
    };
    const { host, port } = await mysql.listen();
    service = await supervise(
      folder,
      {
        PYTHONDONTWRITEBYTECODE: "1",
        ENVIRONMENT: "test",
        SITE_DOMAIN: "www.foobar.com",
        DATABASE_WRITE: `${host}:${port}`,
        DATABASE_READ: `${host}:${port}`,
        DATABASE_NAME: "app",
        DATABASE_USER: "app",
        DATABASE_PASSWORD_FILE: "password",
        DATABASE_CA_FILE: "ca.pem",
        DATABASE_TLS_NAME: "mysql.internal",
      },
      command,
    );
  });
  afterAll(async () => {
    if (!canServe) return;
    await service.close();
    await mysql.close();
    rmSync(folder, { recursive: true });
  });

  const ask = async (where: string, init?: RequestInit): Promise<string> =>
    fetch(service.url + where, init).then(
      ({ status }) => `${init?.method ?? "GET"} ${status}`,
      (error: Error) => error.message,
    );
  const write = () =>
    ask(path, {
      method: "POST",
      body,
      headers: { "content-type": "application/json", "x-request-id": crypto.randomUUID() },
    });

  it.runIf(canServe && runtime !== "guestbook")("the example application passes its own test suite", () => {
    const [program, ...args] = tests;
    execFileSync(program, args, { cwd: join(folder, "own"), env: { ...process.env, PYTHONDONTWRITEBYTECODE: "1" } });
  });

  it.runIf(canServe)(
    "the example application answers requests on the socket that it inherits, and reports its version",
    async () => {
      await expect.poll(() => ask("/healthz"), { timeout: 15_000 }).toBe("GET 200");
      await expect.poll(() => ask("/readyz"), { timeout: 15_000 }).toBe("GET 200");
      expect(await (await fetch(`${service.url}/api/status`)).json()).toMatchObject({ version: "9.8.7" });
      expect(await write()).toBe("POST 201");
    },
  );

  it.runIf(canServe)("the example application loses no request under constant load while it is restarted", async () => {
    const results: Promise<string>[] = [];
    let isRunning = true;
    const load = (async () => {
      for (; isRunning; await pause(10)) results.push(results.length % 4 === 0 ? write() : ask("/"));
    })();
    await pause(300);
    service.restart();
    const started = () => service.lines.filter(({ message }) => message === "started").length;
    await expect.poll(started, { timeout: 15_000 }).toBe(2);
    await pause(300);
    isRunning = false;
    await load;
    expect(new Set(await Promise.all(results))).toEqual(new Set(["GET 200", "POST 201"]));
    expect(results.length).toBeGreaterThan(20);
  });
});
