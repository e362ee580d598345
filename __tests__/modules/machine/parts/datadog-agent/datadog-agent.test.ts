import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { collected, datadogAgentPart } from "../../../../../modules/machine/parts/datadog-agent/index.js";
import { trafficRules } from "../../../../../modules/config/traffic/rules.js";
import { ports } from "../../../../../modules/platform/ports.js";
import { users } from "../../../../../modules/platform/users.js";
import { logServices } from "../../../../../modules/platform/signals.js";
import { packagesOf, payloadOf } from "../../../../../modules/machine/compose/index.js";
import { exampleConfig } from "../../../../support/config.js";
import { contentOf, partOf } from "../../../../support/payload-files.js";
import { serverOf, splitServers } from "../../../../support/servers.js";

const split = exampleConfig({ servers: splitServers, monitoring: { site: "us5.datadoghq.com" } });
const checks = (part = partOf(datadogAgentPart)): string[] =>
  (part.files ?? []).flatMap(({ path }) => /conf\.d\/(.*)\.d\/conf\.yaml$/.exec(path)?.[1] ?? []);
const yaml = (part: ReturnType<typeof partOf>, path: string): unknown =>
  parse(contentOf(part, `/etc/datadog-agent/${path}`));

describe("the agent with defaults", () => {
  const part = partOf(datadogAgentPart);

  it("is one package of Datadog's repository, whose signers are pinned", () => {
    expect(part.packages).toEqual(["datadog-agent"]);
    expect(part.aptSources).toMatchObject([
      {
        name: "datadog",
        source: "deb https://apt.datadoghq.com stable 7",
        key: {
          url: "https://keys.datadoghq.com/DATADOG_APT_KEY_CURRENT.public",
          fingerprints: ["5F1E256061D813B125E156E8E6266D4AC0962C7D", "D18886567EABAD8B2D2526900D826EB906462314"],
        },
      },
    ]);
  });

  it("tags what it sends and names no key", () => {
    expect(yaml(part, "datadog.yaml")).toMatchObject({
      site: "datadoghq.eu",
      hostname: "alpha",
      tags: ["env:production", "server:alpha", "role:web", "role:database"],
      logs_enabled: true,
    });
    expect(contentOf(part, "/etc/datadog-agent/datadog.yaml")).not.toContain("api_key");
  });

  it("runs a check for each integration, and the logs", () => {
    expect(checks(part)).toEqual([...collected.integrations.map(({ name }) => name), "platform-logs"]);
  });

  it("is told what to do here and nowhere else, and asks the cloud for nothing", () => {
    expect(yaml(part, "datadog.yaml")).toMatchObject({
      remote_configuration: { enabled: false },
      agent_telemetry: { enabled: false },
      cloud_provider_metadata: [],
    });
  });

  it("sends logs by the one way out that its user has, and waits for traces of nobody", () => {
    const ways = trafficRules.filter(
      ({ users: senders, to, protocol }) => senders?.includes(users.datadog) && to === "internet" && protocol === "tcp",
    );
    // Else logs go to ports of Datadog's own.
    expect(ways.flatMap((rule) => rule.ports)).toEqual([ports.https]);
    expect(yaml(part, "datadog.yaml")).toMatchObject({
      logs_config: { force_use_http: true },
      apm_config: { enabled: false },
    });
  });

  it("asks MySQL with the secret file, for the group's state too", () => {
    expect(yaml(part, "conf.d/mysql.d/conf.yaml")).toMatchObject({
      instances: [{ defaults_file: "/etc/datadog-agent/mysql.cnf", options: { replication: true } }],
    });
  });
});

describe("what a check sends", () => {
  it.each(["nginx", "mysql"])("names no other host or server than the agent's own (%s)", (check) => {
    const { instances } = yaml(partOf(datadogAgentPart), `conf.d/${check}.d/conf.yaml`) as { instances: object[] };
    expect(instances).toEqual([expect.objectContaining({ disable_generic_tags: true })]);
  });
});

describe("certificate files", () => {
  const watched = (config = exampleConfig(), server = "alpha"): string[] => {
    const { instances } = yaml(partOf(datadogAgentPart, config, server), "conf.d/tls.d/conf.yaml") as {
      instances: { name: string; local_cert_path?: string; tags?: string[] }[];
    };
    return instances.flatMap(({ name, local_cert_path: path, tags }) =>
      path ? [`${name} ${path} ${String(tags)}`] : [],
    );
  };
  const internal = (path: string): string => `internal ${path} file:${path}`;
  const application = internal("/etc/app/mysql-ca.pem");
  const members = ["/etc/mysql/tls/ca.pem", "/etc/mysql/tls/server.pem"].map(internal);

  it("are watched on the servers that have them, by the path that an alert names", () => {
    expect(watched()).toEqual([application, ...members]);
    expect(watched(split, "front")).toEqual([application]);
    expect(watched(split, "left")).toEqual(members);
  });

  it("of web servers that end TLS are watched too, Cloudflare's with that of the balancer", () => {
    const origin = "/etc/nginx/tls/origin.pem";
    expect(watched(exampleConfig({ tls: "passthrough" }))).toEqual([
      application,
      `origin ${origin} file:${origin}`,
      internal("/etc/nginx/tls/origin-pull-ca.pem"),
      ...members,
    ]);
  });
});

describe("the agent on servers with one role", () => {
  it("collects that role's checks and logs only, for another site", () => {
    expect(checks(partOf(datadogAgentPart, split, "front"))).not.toContain("mysql");
    expect(checks(partOf(datadogAgentPart, split, "left"))).not.toContain("nginx");
    expect(yaml(partOf(datadogAgentPart, split, "left"), "datadog.yaml")).toMatchObject({ site: "us5.datadoghq.com" });
    const { logs } = yaml(partOf(datadogAgentPart, split, "left"), "conf.d/platform-logs.d/conf.yaml") as {
      logs: { service: string }[];
    };
    expect(logs.map(({ service }) => service)).toEqual([
      "mysql",
      "mysql-slow",
      "mysql-group",
      "ssh",
      "firewall",
      "dpkg",
    ]);
  });
});

describe("logs", () => {
  it("come from every service that monitors ask for", () => {
    expect(new Set(collected.logSources.map(({ service }) => service))).toEqual(new Set(Object.values(logServices)));
  });

  it("have a name of their own for each reader of the journal", () => {
    const journals = collected.logSources.filter(({ from }) => from.type === "journald");
    expect(new Set(journals.map(({ service }) => service)).size).toBe(journals.length);
  });
});

describe("the agent's user", () => {
  it("reads the journal, and of all other logs only those that are given to its own group", () => {
    const setup = partOf(datadogAgentPart).setup;
    expect(setup?.match(/usermod .*/g)).toEqual(["usermod --groups systemd-journal dd-agent"]);
  });
});

describe("without monitoring", () => {
  it("there is no agent and no repository", () => {
    const config = exampleConfig({ monitoring: { enabled: false } });
    const payload = payloadOf(config, serverOf(config, "alpha"));
    expect(packagesOf(config, serverOf(config, "alpha"))).not.toContain("datadog-agent");
    expect(Object.keys(payload.apt.sources)).toEqual(["mysql"]);
  });
});

describe("without an API key", () => {
  it("the agent is installed, not started, and says so", () => {
    const setup = partOf(datadogAgentPart).setup;
    expect(setup).toContain("grep -q '^DD_API_KEY=.' /etc/datadog-agent/environment");
    expect(setup).toContain("installed, but not started");
  });
});
