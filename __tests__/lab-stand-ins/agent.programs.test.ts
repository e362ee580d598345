import { type ChildProcess, spawn } from "node:child_process";
import { createServer as createHttpServer } from "node:http";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { appendFile, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { authority, issue } from "../../lab/keys/certificates.js";
import { intakeListener } from "../../lab/stand-ins/datadog/intake/server.js";
import { Store } from "../../lab/stand-ins/datadog/intake/store.js";
import { waitFor } from "../../lab/system/shell.js";
import { debianPython, hasPythonModules, runTool } from "../support/tools.js";

const library = fileURLToPath(new URL("../../lab/stand-ins/datadog/agent", import.meta.url));
const python = debianPython;
const usable = hasPythonModules(["yaml"], "the lab's agent");

describe.runIf(usable)("the Python modules of the agent", () => {
  it("pass their unit tests", () => {
    const script = `import sys; sys.dont_write_bytecode = True; sys.path.insert(0, ${JSON.stringify(library)}); sys.argv = sys.argv[1:]; import runpy; runpy.run_path(sys.argv[0], run_name="__main__")`;
    const { status, output } = runTool(python, [
      "-c",
      script,
      fileURLToPath(new URL("agent/test_agent.py", import.meta.url)),
    ]);
    expect(output).toMatch(/\nRan \d\d tests in .*\n\nOK\n/);
    expect(status).toBe(0);
  });
});

describe.runIf(usable)("a running agent", () => {
  let directory = "";
  let intake: Server;
  let nginx: Server | ReturnType<typeof createHttpServer>;
  let agent: ChildProcess;
  let requests = 0;
  const store = new Store();
  const logFile = (): string => path.join(directory, "access.json");

  beforeAll(async () => {
    directory = await mkdtemp(path.join(tmpdir(), "agent-"));
    const ca = await authority(directory, "ca", "authority");
    const pair = await issue(ca, directory, "intake", { commonName: "intake", addresses: ["127.0.0.1"] });
    const tls = { cert: await readFile(pair.certificate), key: await readFile(pair.key) };
    intake = createServer(tls, intakeListener(store, "right"));
    nginx = createHttpServer((_, response) => {
      requests += 10;
      response.end(
        `Active connections: 1 \nserver accepts handled requests\n 3 3 ${requests} \nReading: 0 Writing: 1 Waiting: 0 \n`,
      );
    });
    const [intakePort, nginxPort] = await Promise.all([listen(intake), listen(nginx)]);
    const url = `https://127.0.0.1:${intakePort}`;
    await writeConfiguration(url, nginxPort);
    await writeFile(logFile(), "before\n");
    const program =
      'import sys; sys.dont_write_bytecode = True; from lab_agent.main import main; sys.exit(main(["run"]))';
    agent = spawn(python, ["-c", program], {
      stdio: "ignore",
      env: {
        PATH: process.env["PATH"],
        PYTHONPATH: library,
        SSL_CERT_FILE: ca.certificate,
        DD_API_KEY: "right",
        LAB_AGENT_CONFIGURATION: directory,
        LAB_AGENT_STATE: directory,
        LAB_AGENT_INTERVAL: "0.2",
      },
    });
    await waitFor("first metrics", () => store.find("metrics", { name: "nginx.net.request_per_s" }).length > 2);
  }, 60_000);

  afterAll(async () => {
    agent.kill("SIGKILL");
    intake.closeAllConnections();
    intake.close();
    nginx.close();
    await rm(directory, { recursive: true, force: true });
  });

  async function writeConfiguration(url: string, nginxPort: number): Promise<void> {
    const files: Record<string, unknown> = {
      "datadog.yaml": {
        hostname: "alpha",
        env: "lab",
        tags: ["role:web"],
        dd_url: url,
        logs_enabled: true,
        logs_config: { logs_dd_url: url, batch_wait: 0.1 },
        process_config: { process_collection: { enabled: true }, process_dd_url: url },
      },
      "conf.d/nginx.d/conf.yaml": {
        instances: [{ nginx_status_url: `http://127.0.0.1:${nginxPort}/` }],
        logs: [
          { type: "file", path: logFile(), service: "www", source: "nginx" },
          { type: "file", path: "/nowhere.log" },
        ],
      },
      "conf.d/ntp.d/conf.yaml": {},
      "conf.d/redisdb.d/conf.yaml": { instances: [{}] },
    };
    for (const [name, content] of Object.entries(files)) {
      await mkdir(path.dirname(path.join(directory, name)), { recursive: true });
      await writeFile(path.join(directory, name), stringify(content));
    }
  }

  it("reports nginx's request rate with the tags of the host", () => {
    const [first, second] = store.find("metrics", { name: "nginx.net.request_per_s" });
    expect(first).toMatchObject({ host: "alpha", tags: ["role:web", "env:lab"] });
    // The fake nginx counts ten requests between two checks.
    expect((second?.value ?? 0) * ((second?.time ?? 0) - (first?.time ?? 0))).toBeCloseTo(10, 0);
  });

  it.each([
    "system.load.norm.5",
    "system.mem.pct_usable",
    "system.disk.in_use",
    "system.cpu.idle",
    "datadog.agent.running",
  ])("reports the host metric %s", (name) =>
    expect(store.find("metrics", { name, host: "alpha" }).length).toBeGreaterThan(0),
  );

  it("sends new lines of a followed log, but no older lines", async () => {
    await appendFile(logFile(), '{"request_id":"r1"}\n');
    await waitFor("the line", () => store.find("logs", { text: "r1" }).length > 0);
    expect(store.find("logs", {})).toHaveLength(1);
    expect(store.find("logs", {})[0]).toMatchObject({
      service: "www",
      source: "nginx",
      attributes: { request_id: "r1" },
    });
  });

  it("reports unreadable logs and unknown checks", () => {
    expect(store.find("checks", { name: "lab.agent.log_source", tags: ["path:/nowhere.log"] }).at(-1)?.status).toBe(
      "warning",
    );
    expect(store.find("checks", { name: "lab.agent.configuration" }).at(-1)).toMatchObject({
      status: "warning",
      message: "redisdb: the lab's agent has no such check",
    });
    expect(store.find("checks", { name: "datadog.agent.check_status", tags: ["check:nginx"] }).at(-1)?.status).toBe(
      "ok",
    );
  });

  it("sends the processes with their users", () => {
    expect(store.find("processes", { host: "alpha", name: "python3" }).length).toBeGreaterThan(0);
  });

  it("exits with 0 on SIGTERM", async () => {
    const ended = new Promise((resolve) => agent.once("exit", resolve));
    agent.kill("SIGTERM");
    expect(await ended).toBe(0);
  });
});

async function listen(server: Server | ReturnType<typeof createHttpServer>): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}
