import { type ChildProcess, spawn } from "node:child_process";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { appendFile, mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { Intake } from "../../lab/stand-ins/datadog/intake/server.js";
import { waitFor } from "../../lab/system/shell.js";
import { datadogAgentPart } from "../../modules/machine/parts/datadog-agent/index.js";
import { exampleConfig } from "../support/config.js";
import { partOf } from "../support/payload-files.js";
import { splitServers } from "../support/servers.js";
import { debianPython, hasPythonModules, runTool } from "../support/tools.js";

const agentFile = fileURLToPath(new URL("../../lab/stand-ins/datadog/agent/agent", import.meta.url));
const usable = hasPythonModules(["yaml"], "the lab's agent");

let directory = "";
beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), "agent-"));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

async function writeFiles(folder: string, files: Readonly<Record<string, string>>): Promise<string> {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(directory, folder, name)), { recursive: true });
    await writeFile(path.join(directory, folder, name), content);
  }
  return path.join(directory, folder);
}

describe.runIf(usable)("the lab's agent", () => {
  it.each(["front", "left"])(
    "the lab's emulated Datadog agent accepts every option of the payload's configuration on the server %s",
    async (name) => {
      const { files = [] } = partOf(datadogAgentPart, exampleConfig({ servers: splitServers }), name);
      const own = files.filter((file) => file.path.startsWith("/etc/datadog-agent/"));
      const folder = await writeFiles(name, Object.fromEntries(own.map((file) => [file.path.slice(18), file.content])));
      const check = ["env", `LAB_AGENT_CONFIGURATION=${folder}`, debianPython, agentFile, "configcheck"] as const;
      expect(runTool(check[0], check.slice(1))).toEqual({ status: 0, output: "no problems\n" });
    },
  );
});

describe.runIf(usable)("a running agent", () => {
  let servers: readonly Server[] = [];
  let agent: ChildProcess;
  const intake = new Intake("right");
  const logFile = (): string => path.join(directory, "access.json");

  beforeAll(async () => {
    let requests = 0;
    const nginx = createServer((_, response) => {
      requests += 10;
      response.end(`Active connections: 1\nserver accepts handled requests\n 3 3 ${requests}\n`);
    });
    servers = [createServer(intake.agents), nginx];
    const [intakePort, nginxPort] = await Promise.all(servers.map(listen));
    await writeFile(logFile(), "before\n");
    const log = { type: "file", service: "www", source: "nginx" };
    const folder = await writeFiles("running", {
      "datadog.yaml": stringify({
        hostname: "alpha",
        tags: ["role:web"],
        logs_enabled: true,
        process_config: { process_collection: { enabled: true } },
      }),
      "conf.d/nginx.d/conf.yaml": stringify({
        instances: [{ nginx_status_url: `http://127.0.0.1:${nginxPort}/` }],
        logs: [
          { ...log, path: logFile() },
          { ...log, path: "/nowhere.log" },
        ],
      }),
      "conf.d/disk.d/conf.yaml": stringify({ instances: [{ use_mount: true, tipo: 1 }] }),
      "conf.d/redisdb.d/conf.yaml": stringify({ instances: [{}] }),
    });
    agent = spawn(debianPython, [agentFile, "run"], {
      stdio: "ignore",
      env: {
        PATH: process.env["PATH"],
        DD_API_KEY: "right",
        LAB_AGENT_CONFIGURATION: folder,
        LAB_AGENT_INTAKE: `http://127.0.0.1:${intakePort}`,
        LAB_AGENT_INTERVAL: "0.2",
      },
    });
    await waitFor("first metrics", () => intake.find("metrics", { name: "nginx.net.request_per_s" }).length > 2);
  }, 60_000);

  afterAll(() => {
    agent.kill("SIGKILL");
    for (const server of servers) {
      server.closeAllConnections();
      server.close();
    }
  });

  it("the emulated Datadog agent reports nginx's request rate with the tags of the host", () => {
    const [first, second] = intake.find("metrics", { name: "nginx.net.request_per_s" });
    expect(first).toMatchObject({ host: "alpha", tags: ["role:web"] });
    // The counter of the fake nginx increases by ten between two checks of the agent.
    expect((second?.value ?? 0) * ((second?.time ?? 0) - (first?.time ?? 0))).toBeCloseTo(10, 0);
  });

  it.each(["system.load.norm.5", "system.mem.pct_usable", "system.disk.in_use", "system.cpu.idle"])(
    "the emulated Datadog agent reports the host metric %s",
    (name) => expect(intake.find("metrics", { name, host: "alpha" }).length).toBeGreaterThan(0),
  );

  it("the emulated Datadog agent reports the address of a check as a separate host unless the check's instance forbids it", () => {
    const checks = intake.find("checks", { name: "nginx.can_connect", tags: ["host:127.0.0.1"] });
    expect(checks.at(-1)?.status).toBe("ok");
  });

  it("the emulated Datadog agent sends new lines of a followed log, also after a rotation, but no older lines", async () => {
    await appendFile(logFile(), '{"request_id":"r1"}\n');
    await rename(logFile(), `${logFile()}.1`);
    await writeFile(logFile(), "r2\n");
    await waitFor("the lines", () => intake.find("logs", {}).length === 2);
    expect(intake.find("logs", {})).toMatchObject([
      { service: "www", source: "nginx", attributes: { request_id: "r1" } },
      { message: "r2" },
    ]);
  });

  it("the emulated Datadog agent reports unreadable logs, unknown checks and unknown options", async () => {
    const last = (name: string, tags: string[] = []) => intake.find("checks", { name, tags }).at(-1);
    expect(last("lab.agent.log_source", ["path:/nowhere.log"])?.status).toBe("warning");
    await waitFor("a readable log", () => last("lab.agent.log_source", [`path:${logFile()}`])?.status === "ok");
    expect(last("lab.agent.configuration")).toMatchObject({
      status: "warning",
      message: "disk: tipo is not known to the lab's agent; redisdb: the lab's agent has no such check",
    });
    expect(last("datadog.agent.check_status", ["check:nginx"])?.status).toBe("ok");
  });

  it("the emulated Datadog agent sends the processes with their users", () => {
    expect(intake.find("processes", { host: "alpha", name: "python3" }).length).toBeGreaterThan(0);
  });

  it("the emulated Datadog agent exits with 0 on SIGTERM", async () => {
    const ended = new Promise((resolve) => agent.once("exit", resolve));
    agent.kill("SIGTERM");
    expect(await ended).toBe(0);
  });
});

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}
