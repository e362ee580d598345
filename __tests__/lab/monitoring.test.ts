import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Lab } from "../../lab/lab.js";
import { intakeClient } from "../../lab/stand-ins/datadog/intake/intake.js";
import type { IntakeClient } from "../../lab/stand-ins/datadog/intake/client.js";
import { waitFor } from "../../lab/system/shell.js";
import { secretFilesOf } from "../../modules/derived/secrets.js";
import type { Role, ServerConfig } from "../../modules/config/schema.js";
import { integrations, logSources } from "../../modules/machine/parts/datadog-agent/collected.js";
import { checkSignals, type Emitter, instances, logServices, metricSignals } from "../../modules/platform/signals.js";
import { users } from "../../modules/platform/users.js";
import { labInAnyMode } from "./support/lab-in-mode.js";
import { counted } from "./support/requests-counted.js";
import { visit } from "./support/visits.js";

/** Interval in seconds between two reports of an agent. */
const agentSeconds = 15;
const patience = { timeoutSeconds: 60, pauseSeconds: 1 };
const now = (): number => Date.now() / 1000;

let lab: Lab;
let intake: IntakeClient;
let servers: readonly ServerConfig[];
let restarted: number;

beforeAll(async () => {
  lab = await labInAnyMode();
  intake = intakeClient(lab.layout);
  servers = lab.blueprint.environment.config.servers;
  // A restarted agent runs even its hourly checks at once. At this time, all objects of the checks exist.
  const agents = (verb: string) =>
    Promise.all(lab.machines.map((machine) => machine.exec(["systemctl", verb, "datadog-agent.service"])));
  // The agents are stopped before the time is recorded, because a stopping agent still reports interrupted checks.
  await agents("stop");
  restarted = now();
  await agents("start");
  for (const { name } of servers)
    await waitFor(
      `second report of ${name}`,
      async (see) => see(await intake.checks({ name: "datadog.agent.up", host: name, since: restarted })).length >= 2,
      patience,
    );
});

/** Returns the role whose servers run an agent's check; `undefined` if all servers run the check. */
const roleOf = (emitter: Emitter): Role | undefined => {
  const integration = integrations.find(({ name }) => name === emitter);
  return integration && "role" in integration ? integration.role : undefined;
};

const serversWith = (role: Role | undefined): string[] =>
  servers.filter(({ roles }) => !role || roles.includes(role)).map(({ name }) => name);

describe("every agent", () => {
  it("every Datadog agent runs as its own user and reports its environment, server and roles as tags", async () => {
    const hosts = await intake.hosts();
    for (const machine of lab.machines) {
      const pid = await machine.exec(["systemctl", "show", "--property=MainPID", "--value", "datadog-agent.service"]);
      expect(await machine.exec(["stat", "--format=%U", `/proc/${pid.trim()}`])).toBe(users.datadog);
      const { roles } = servers.find(({ name }) => name === machine.name) ?? { roles: [] };
      const tags = ["env:lab", `server:${machine.name}`, ...roles.map((role) => `role:${role}`)];
      expect(hosts.find(({ host }) => host === machine.name)?.tags).toEqual(tags);
    }
  });

  it("every Datadog agent accepts every option of its configuration", async () => {
    const reports = await intake.checks({ name: "lab.agent.configuration", since: restarted });
    expect(new Set(reports.map(({ host, status, message }) => `${host} ${status} ${message}`))).toEqual(
      new Set(servers.map(({ name }) => `${name} ok `)),
    );
  });

  it("every Datadog agent can read every configured log", async () => {
    const last = new Map(
      (await intake.checks({ name: "lab.agent.log_source", since: restarted })).map((check) => [
        `${check.host} ${check.tags[0]}`,
        check,
      ]),
    );
    expect(
      [...last.values()]
        .filter(({ status }) => status !== "ok")
        .map(({ host, tags, message }) => `${host} ${tags[0]}: ${message}`),
    ).toEqual([]);
    const expected = logSources.map(({ role }) => serversWith(role).length).reduce((sum, count) => sum + count);
    expect(last.size).toBe(expected);
  });

  it("every Datadog agent completes every check", async () => {
    const reports = await intake.checks({ name: "datadog.agent.check_status", since: restarted });
    const failed = reports.filter(({ status }) => status !== "ok");
    expect(failed.map(({ host, tags, message }) => `${host} ${tags[0]}: ${message}`)).toEqual([]);
  });

  it("every Datadog agent reports the site's processes with their users", async () => {
    const list = await intake.processes({ since: restarted });
    for (const [process, user, role] of [
      ["nginx", users.nginx, "web"],
      ["mysqld", users.mysql, "database"],
    ] as const)
      for (const host of serversWith(role))
        expect(
          list.find((one) => one.host === host && one.name === process && one.user === user),
          `${process} on ${host}`,
        ).toBeDefined();
  });
});

/** Metric that agents send only if the environment has the setting `backup`. The lab in this test does not have this setting. */
const ofTheArchive = "system.disk.directory.file.modified_sec_ago";

describe("data that monitors, service levels and dashboards query", () => {
  it.each(Object.entries(metricSignals).filter(([name]) => name !== ofTheArchive))(
    "the metric %s arrives from every server with %s",
    async (name, emitter) => {
      for (const host of serversWith(roleOf(emitter)))
        await waitFor(
          `${name} of ${host}`,
          async (see) => {
            const points = await intake.metrics({ name, host, since: restarted });
            see({ points: points.length, newest: points.at(-1) ?? null });
            return points.some(({ tags }) => tags.includes("env:lab"));
          },
          patience,
        );
    },
  );

  it.each(Object.entries(checkSignals))(
    "the service check %s arrives with status ok from every server with %s",
    async (name, emitter) => {
      for (const host of serversWith(roleOf(emitter)))
        await waitFor(
          `${name} of ${host}`,
          async (see) => see((await intake.checks({ name, host, since: restarted })).at(-1) ?? null)?.status === "ok",
          patience,
        );
    },
  );

  it.each([
    ["tls.days_left", `name:${instances.edgeCertificate}`],
    ["tls.days_left", `name:${instances.originCertificate}`],
    ["tls.days_left", `name:${instances.internalCertificate}`],
    ["system.disk.directory.files", `name:${instances.rebootRequired}`],
  ])("the metric %s arrives with the tag %s", async (name, tag) => {
    for (const { name: host } of servers)
      expect(await intake.metrics({ name, host, since: restarted, tags: [tag] })).not.toEqual([]);
  });
});

describe("data from an agent", () => {
  it("check results from a Datadog agent have the tags of only one host, because monitors alert for each host", async () => {
    for (const name of Object.keys(checkSignals))
      for (const { host, tags } of await intake.checks({ name, since: restarted }))
        expect({
          name,
          host,
          others: tags.filter((tag) => /^(host|server):/.test(tag) && tag !== `server:${host}`),
        }).toEqual({ name, host, others: [] });
  });

  it("Datadog agents report the remaining days of every certificate file", async () => {
    for (const server of servers) {
      const points = await intake.metrics({ name: "tls.days_left", host: server.name, since: restarted });
      const files = new Set(points.flatMap(({ tags }) => tags.filter((tag) => tag.startsWith("file:"))));
      const { shared, own } = secretFilesOf(lab.blueprint.environment.config, server);
      const certificates = [...shared, ...own].filter(({ certificate }) => certificate);
      expect(files).toEqual(new Set(certificates.map(({ path }) => `file:${path}`)));
    }
  });
});

describe("the replication state", () => {
  it("all database members report that they are online, and one member reports that it is the primary", async () => {
    const states = await waitFor(
      "a report of every member",
      async (see) => {
        const points = await intake.metrics({
          name: "mysql.replication.group.member_status",
          since: now() - 2 * agentSeconds,
        });
        const byHost = new Map(
          points.map(({ host, tags }) => [host, tags.filter((tag) => /^member_(state|role):/.test(tag)).join(" ")]),
        );
        see(Object.fromEntries(byHost));
        return byHost.size === serversWith("database").length ? [...byHost.values()].sort() : undefined;
      },
      patience,
    );
    const secondary = "member_state:ONLINE member_role:SECONDARY";
    expect(states).toEqual(["member_state:ONLINE member_role:PRIMARY", secondary, secondary]);
  });
});

describe("the measured requests per second", () => {
  it("the request rate that the Datadog agents measure differs from the sent load by less than 5 %", async () => {
    const from = now();
    const { sent, failed } = await lab.load({
      url: lab.url("/api/status"),
      ratePerSecond: 50,
      seconds: 60,
      keepAlive: true,
    });
    const to = now();
    expect(failed).toBe(0);
    const byServer = await Promise.all(serversWith("web").map((host) => requestsOf(host, from, to)));
    const measured = byServer.reduce((sum, one) => sum + one, 0);
    console.log(
      `requests sent ${sent}, measured ${Math.round(measured)}, by server ${byServer.map(Math.round).join(", ")}`,
    );
    expect(Math.abs(measured / sent - 1)).toBeLessThan(0.05);
  });

  /**
   * Returns the number of visitors' requests that a server's agent counted. Subtracts the load balancer's health checks and the agent's
   * requests.
   */
  async function requestsOf(host: string, from: number, to: number): Promise<number> {
    const { events, seconds } = await waitFor(
      `points of ${host}`,
      async (see) => {
        const points = await intake.metrics({ name: "nginx.net.request_per_s", host, since: from - 60 });
        see({ from, to, times: points.map(({ time }) => time) });
        return counted(points, from, to);
      },
      patience,
    );
    const { intervalSeconds } = lab.blueprint.environment.config.loadBalancer.healthCheck;
    return events - seconds / intervalSeconds - seconds / agentSeconds;
  }
});

describe("an application error", () => {
  const unit = "app.service";
  const dropIn = `/run/systemd/system/${unit}.d/fault.conf`;
  const restart = async (): Promise<void> => {
    const [machine] = lab.machines;
    await machine?.exec(["systemctl", "daemon-reload"]);
    await machine?.exec(["systemctl", "restart", unit]);
  };
  afterAll(async () => {
    await lab.machines[0]?.exec(["rm", "--force", dropIn]);
    await restart();
  });

  it("an application error arrives at Datadog with its request id in the logs of nginx and of the application", async () => {
    const [machine] = lab.machines;
    const setting = `mkdir -p $(dirname ${dropIn}) && printf '[Service]\\nEnvironment=ENABLE_FAULT_INJECTION=1\\n' >${dropIn}`;
    await machine?.exec(["sh", "-c", setting]);
    await restart();
    const id = await waitFor("an error of the first server", failOnce, { timeoutSeconds: 60, pauseSeconds: 0.2 });
    const [fromApplication] = await arrived(logServices.application, id);
    const line = JSON.parse(String(fromApplication?.attributes["message"])) as Record<string, unknown>;
    expect(fromApplication?.host).toBe(machine?.name);
    expect(line).toMatchObject({
      level: "error",
      request_id: id,
      http: { path: "/api/_fail", status_code: 500 },
      error: { kind: "Error" },
    });
    const [fromNginx] = await arrived(logServices.nginx, id);
    expect(fromNginx).toMatchObject({
      host: machine?.name,
      attributes: { request_id: id, http: { status_code: 500 } },
    });
  });

  /** Sends one request. @returns the request id if the application error occurred, which only the prepared server can return */
  async function failOnce(see: <Seen>(seen: Seen) => Seen): Promise<string | undefined> {
    const { status, headers } = see(await visit(lab, "--request", "POST", lab.url("/api/_fail")));
    return status === 500 ? headers["x-request-id"] : undefined;
  }

  const arrived = (service: string, text: string) =>
    waitFor(
      `log of ${service}`,
      async (see) => {
        const logs = await intake.logs({ service, text });
        see(logs.length > 0 ? logs : `no line with "${text}" among ${(await intake.logs({ service })).length}`);
        return logs.length > 0 && logs;
      },
      patience,
    );
});
