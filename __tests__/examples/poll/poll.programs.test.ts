import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { extract } from "tar";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildRelease } from "../../../release/build.js";
import { debianPython, hasPythonModules, runTool } from "../../support/tools.js";
import { makeCertificate } from "../guestbook/support/certificate.js";
import { type Answer, FakeMysql } from "../guestbook/support/fake-mysql.js";
import { supervise, type Supervised } from "../guestbook/support/supervised.js";

const application = resolve("examples/poll");
const environment = { ...process.env, PYTHONDONTWRITEBYTECODE: "1" };
const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

describe.runIf(hasPythonModules(["pymysql"], "the poll's own unit tests"))("the poll", () => {
  it("the poll passes its own unit tests", () => {
    const args = ["-m", "unittest", "discover", "-s", "tests", "-t", "."];
    const run = execFileSync("sh", ["-c", 'exec "$0" "$@" 2>&1', debianPython, ...args], {
      cwd: application,
      env: environment,
      encoding: "utf8",
    });
    expect(run).toMatch(/Ran \d{2} tests[^]*OK/);
  });
});

const canServe = hasPythonModules(["gunicorn", "pymysql"], "that the poll loses no request while its process changes");

describe.runIf(canServe)("the packed poll, served by gunicorn", () => {
  let folder: string;
  let mysql: FakeMysql;
  let service: Supervised;
  let settings: Readonly<Record<string, string>>;

  const answer = (sql: string): Answer => {
    if (sql.includes("GET_LOCK")) return { columns: ["taken"], rows: [[1]] };
    if (sql.includes("super_read_only")) return { columns: ["readOnly"], rows: [[0]] };
    return sql.startsWith("SELECT name") ? { columns: ["name"], rows: [] } : "ok";
  };

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "poll-"));
    const { path } = await buildRelease({ folder, application, version: "9.8.7" });
    await extract({ file: path, cwd: folder, strip: 1 }, ["app"]);
    const certificate = makeCertificate("mysql.internal");
    writeFileSync(join(folder, "ca.pem"), certificate.certificate);
    writeFileSync(join(folder, "password"), "x");
    mysql = new FakeMysql({ certificate });
    mysql.answer = answer;
    const { host, port } = await mysql.listen();
    settings = {
      PYTHONDONTWRITEBYTECODE: "1",
      SITE_DOMAIN: "www.foobar.com",
      ENVIRONMENT: "test",
      DATABASE_WRITE: `${host}:${port}`,
      DATABASE_READ: `${host}:${port}`,
      DATABASE_NAME: "app",
      DATABASE_USER: "app",
      DATABASE_PASSWORD_FILE: "password",
      DATABASE_CA_FILE: "ca.pem",
      DATABASE_TLS_NAME: "mysql.internal",
    };
    service = await supervise(folder, settings, [debianPython, "-m", "gunicorn", "poll.serve:application"]);
  });
  afterAll(async () => {
    await service.close();
    await mysql.close();
    rmSync(folder, { recursive: true });
  });

  const ask = async (path: string, init?: RequestInit): Promise<string> =>
    fetch(service.url + path, init).then(
      ({ status }) => `${init?.method ?? "GET"} ${status}`,
      (error: Error) => error.message,
    );
  const vote = () =>
    ask("/api/votes", { method: "POST", body: '{"choice":"tea"}', headers: { "content-type": "application/json" } });

  it("answers on the inherited socket and reports its version", async () => {
    await expect.poll(() => ask("/healthz"), { timeout: 15_000 }).toBe("GET 200");
    expect(await ask("/readyz")).toBe("GET 200");
    expect(await (await fetch(`${service.url}/api/status`)).json()).toMatchObject({ version: "9.8.7" });
    expect(await vote()).toBe("POST 201");
  });

  it("loses no request under constant load while it is replaced", async () => {
    const results: Promise<string>[] = [];
    let isRunning = true;
    const load = (async () => {
      for (; isRunning; await pause(10)) results.push(results.length % 4 === 0 ? vote() : ask("/"));
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

describe("the poll's build", () => {
  it("the build script passes shellcheck", () => {
    for (const build of ["examples/poll/build", "examples/guestbook/build"])
      expect(runTool("sh", ["-n", build])).toEqual({ status: 0, output: "" });
  });
});
