import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { collected, datadogAgentPart } from "../../../../../modules/machine/parts/datadog-agent/index.js";
import { trafficRules } from "../../../../../modules/derived/traffic/rules.js";
import { ports } from "../../../../../modules/platform/ports.js";
import { users } from "../../../../../modules/platform/users.js";
import { instances, logServices, notices } from "../../../../../modules/platform/signals.js";
import { packagesOf, payloadOf } from "../../../../../modules/machine/compose/index.js";
import { exampleBackup, exampleConfig } from "../../../../support/config.js";
import { contentOf, partOf } from "../../../../support/payload-files.js";
import { stepsOf } from "../../../../support/steps.js";
import { serverOf, splitServers, spread } from "../../../../support/servers.js";

const split = exampleConfig({ servers: splitServers, monitoring: { site: "us5.datadoghq.com" } });
const checks = (part = partOf(datadogAgentPart)): string[] =>
  (part.files ?? []).flatMap(({ path }) => /conf\.d\/(.*)\.d\/conf\.yaml$/.exec(path)?.[1] ?? []);
const yaml = (part: ReturnType<typeof partOf>, path: string): unknown =>
  parse(contentOf(part, `/etc/datadog-agent/${path}`));

describe("the agent with defaults", () => {
  const part = partOf(datadogAgentPart);

  it("the Datadog agent is one package from Datadog's repository with pinned signing keys", () => {
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

  it("the Datadog agent has tags, reports processes and logs over HTTPS, and accepts no traces, remote settings or key in its file", () => {
    expect(yaml(part, "datadog.yaml")).toMatchObject({
      site: "datadoghq.eu",
      hostname: "alpha",
      tags: ["env:production", "server:alpha", "role:web", "role:database"],
      logs_enabled: true,
      logs_config: { force_use_http: true },
      apm_config: { enabled: false },
      process_config: { process_collection: { enabled: true } },
      remote_configuration: { enabled: false },
      agent_telemetry: { enabled: false },
      // With an empty list, the agent does not query the metadata service.
      cloud_provider_metadata: [],
    });
    expect(contentOf(part, "/etc/datadog-agent/datadog.yaml")).not.toContain("api_key");
  });

  it("the Datadog agent runs a check for each integration and collects logs", () => {
    expect(checks(part)).toEqual([...collected.integrations.map(({ name }) => name), "platform-logs"]);
  });

  it("the Datadog agent connects to the internet only over HTTPS, because otherwise it would send logs to other ports", () => {
    const ways = trafficRules.filter(
      ({ users: senders, to, protocol }) => senders?.includes(users.datadog) && to === "internet" && protocol === "tcp",
    );
    expect(ways.flatMap((rule) => rule.ports)).toEqual([ports.https]);
  });
});

describe("the settings of a check", () => {
  const instancesOf = (check: string): readonly Readonly<Record<string, unknown>>[] => {
    const { instances } = yaml(partOf(datadogAgentPart), `conf.d/${check}.d/conf.yaml`) as { instances: object[] };
    return instances as Record<string, unknown>[];
  };

  it("the agent's check of the application uses the health path without nginx and proxies, with a short timeout", () => {
    expect(instancesOf("http_check")).toEqual([
      expect.objectContaining({
        name: "application",
        url: "http://127.0.0.1:3000/healthz",
        timeout: 3,
        skip_proxy: true,
      }),
    ]);
  });

  it("the agent's check of nginx reads nginx's status page", () => {
    expect(instancesOf("nginx")).toMatchObject([
      { nginx_status_url: `http://127.0.0.1:${ports.nginxStatus}/nginx_status`, disable_generic_tags: true },
    ]);
  });

  it("the agent's check of MySQL logs in with the secret file and reads the group's state and InnoDB's metrics", () => {
    expect(instancesOf("mysql")).toMatchObject([
      {
        defaults_file: "/etc/datadog-agent/mysql.cnf",
        disable_generic_tags: true,
        options: { replication: true, extra_status_metrics: true, extra_innodb_metrics: true },
      },
    ]);
  });

  it("the agent's check of disks identifies disks by mount point and excludes virtual file systems", () => {
    expect(instancesOf("disk")).toEqual([
      { use_mount: true, file_system_exclude: ["tmpfs$", "devtmpfs$", "squashfs$", "overlay$"] },
    ]);
  });

  it("the agent's check of directories reports whether each health notice and a pending reboot exist", () => {
    const [reboot, ...others] = instancesOf("directory");
    expect(reboot).toEqual({
      name: instances.rebootRequired,
      directory: "/run",
      pattern: "reboot-required",
      countonly: true,
    });
    expect(others).toEqual(
      Object.values(notices).map((name) => ({
        name,
        directory: "/run/motd.d",
        pattern: name,
        countonly: true,
        ignore_missing: true,
      })),
    );
  });

  it("health notices about the backup are checked only on database servers with a backup", () => {
    const backedUp = partOf(datadogAgentPart, exampleConfig({ backup: exampleBackup }));
    const { instances: found } = yaml(backedUp, "conf.d/directory.d/conf.yaml") as { instances: readonly unknown[] };
    expect(found.at(-1)).toEqual({
      name: instances.restorable,
      directory: "/run/mysql-backup",
      pattern: "restorable-*",
      filegauges: true,
      ignore_missing: true,
    });
  });

  it("the agent verifies the edge's certificate like a browser, and checks only the remaining days of other certificates, every hour", () => {
    const [edge, origin, ...files] = instancesOf("tls");
    expect(edge).toEqual({ name: instances.edgeCertificate, server: "www.foobar.com", min_collection_interval: 3600 });
    expect(origin).toEqual({
      name: instances.originCertificate,
      server: "10.0.1.5",
      server_hostname: "www.foobar.com",
      tls_verify: false,
      tls_validate_hostname: false,
      min_collection_interval: 3600,
    });
    for (const file of files)
      expect(file).toMatchObject({ server: "localhost", tls_validate_hostname: false, min_collection_interval: 3600 });
  });
});

describe("the agent in several locations", () => {
  const part = (name: string, config = exampleConfig(spread)) => partOf(datadogAgentPart, config, name);

  it("in several locations, each host of the Datadog agent has a tag with its location", () => {
    expect(contentOf(part("bravo"), "/etc/datadog-agent/datadog.yaml")).toContain("\n  - location:fsn1\n");
    expect(contentOf(part("bravo", exampleConfig()), "/etc/datadog-agent/datadog.yaml")).not.toContain("location:");
  });

  it("the Datadog agent connects to each load balancer every minute, and the result has a tag with the load balancer's name", () => {
    const { instances: found } = yaml(part("alpha"), "conf.d/tls.d/conf.yaml") as { instances: readonly object[] };
    expect(found.slice(1, 3)).toMatchObject([
      { server: "10.0.1.5", tags: ["balancer:production"], min_collection_interval: 60 },
      { server: "10.0.1.6", tags: ["balancer:production-second"], min_collection_interval: 60 },
    ]);
  });
});

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

it("the Datadog agent checks certificate files by path on the servers that have them", () => {
  expect(watched()).toEqual([application, ...members]);
  expect(watched(split, "front")).toEqual([application]);
  expect(watched(split, "left")).toEqual(members);
});

it("the Datadog agent also checks the certificate files of web servers that terminate TLS", () => {
  const origin = "/etc/nginx/tls/origin.pem";
  expect(watched(exampleConfig({ tls: "passthrough" }))).toEqual([
    application,
    `origin ${origin} file:${origin}`,
    internal("/etc/nginx/tls/origin-pull-ca.pem"),
    ...members,
  ]);
});

it("the Datadog agent runs only the checks and logs of the server's role", () => {
  expect(checks(partOf(datadogAgentPart, split, "front"))).not.toContain("mysql");
  expect(checks(partOf(datadogAgentPart, split, "left"))).not.toContain("nginx");
  expect(yaml(partOf(datadogAgentPart, split, "left"), "datadog.yaml")).toMatchObject({ site: "us5.datadoghq.com" });
  const { logs } = yaml(partOf(datadogAgentPart, split, "left"), "conf.d/platform-logs.d/conf.yaml") as {
    logs: { service: string }[];
  };
  expect(logs.map(({ service }) => service)).toEqual(["mysql", "mysql-slow", "mysql-group", "ssh", "firewall", "dpkg"]);
});

it("the Datadog agent collects the logs of every service that monitors use", () => {
  expect(new Set(collected.logSources.map(({ service }) => service))).toEqual(new Set(Object.values(logServices)));
});

it("the Datadog agent collects logs from units that the server starts", () => {
  const config = exampleConfig();
  const setups = payloadOf(config, serverOf(config, "alpha"))
    .write_files.filter(({ path }) => path.includes("/setup-"))
    .map(({ content }) => content)
    .join("\n");
  const units = collected.logSources.flatMap(({ from }) => ("unit" in from && from.unit ? [from.unit] : []));
  expect(units.length).toBeGreaterThan(0);
  for (const unit of units) expect(setups).toMatch(new RegExp(`^systemctl (enable|start) .*\\b${unit}\\b`, "m"));
});

it("each log source that reads the journal has its own id", () => {
  const { logs } = yaml(partOf(datadogAgentPart), "conf.d/platform-logs.d/conf.yaml") as {
    logs: { type: string; config_id?: string }[];
  };
  const names = logs.filter(({ type }) => type === "journald").map(({ config_id: name }) => name);
  expect(names).not.toContain(undefined);
  expect(new Set(names).size).toBe(names.length);
});

it("without monitoring, a server has no Datadog agent and no Datadog repository", () => {
  const config = exampleConfig({ monitoring: { enabled: false } });
  const payload = payloadOf(config, serverOf(config, "alpha"));
  expect(packagesOf(config, serverOf(config, "alpha"))).not.toContain("datadog-agent");
  expect(Object.keys(payload.apt.sources)).toEqual(["mysql"]);
});

it("without an API key, the Datadog agent is installed but not started, and the setup reports this", () => {
  const setup = partOf(datadogAgentPart).setup ?? "";
  const steps = (environment: string): readonly string[] =>
    stepsOf(setup, { files: { "/etc/datadog-agent/environment": environment } });
  const user = "usermod --groups systemd-journal dd-agent";
  expect(steps("DD_API_KEY=secret\n")).toEqual([
    user,
    "systemctl enable --quiet datadog-agent.service",
    "systemctl restart datadog-agent.service",
  ]);
  expect(steps("DD_API_KEY=\n")).toEqual([
    user,
    "systemctl disable --quiet --now datadog-agent.service",
    expect.stringMatching(/installed, but not started$/),
  ]);
  // The package starts the agent during its installation, when the server has no API key yet.
  expect(contentOf(partOf(datadogAgentPart), "/etc/systemd/system/datadog-agent.service.d/platform.conf")).toContain(
    "[Unit]\nConditionPathExists=/etc/datadog-agent/environment\n",
  );
});
