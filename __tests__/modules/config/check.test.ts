import { describe, expect, it } from "vitest";
import { checkEnvironment } from "../../../modules/config/load.js";
import { serversWithRole, type EnvironmentInput } from "../../../modules/config/schema.js";
import { ports } from "../../../modules/platform/ports.js";
import { exampleConfig, exampleInput, exampleSshKey } from "../../support/config.js";

describe("defaults of the example", () => {
  const config = exampleConfig();

  it("the example environment has three servers with the roles web and database", () => {
    expect(config.servers).toEqual(
      [
        ["alpha", "10.0.1.11"],
        ["bravo", "10.0.1.12"],
        ["charlie", "10.0.1.13"],
      ].map(([name, privateIp]) => ({
        name,
        privateIp,
        roles: ["web", "database"],
        type: "cpx22",
        location: "nbg1",
        placementGroup: "servers",
      })),
    );
  });

  it("by default, production is protected and backed up, closes SSH, and terminates TLS at the load balancer", () => {
    expect(config).toMatchObject({
      environment: "production",
      protect: true,
      backups: true,
      tls: "terminate",
      location: "nbg1",
      administrators: { cidrs: [], sshKeys: {} },
      certificate: { validityDays: 365, generation: 1 },
      network: {
        cidr: "10.0.0.0/16",
        subnet: "10.0.1.0/24",
        balancerIp: "10.0.1.5",
        databaseRange: "10.0.1.8/29",
        webRange: "10.0.1.128/25",
        zone: "eu-central",
      },
      loadBalancer: {
        type: "lb11",
        algorithm: "round_robin",
        healthCheck: { intervalSeconds: 3, timeoutSeconds: 1, retries: 1 },
      },
      visitors: { writesPerMinute: 10 },
    });
  });

  it("by default, production is protected against deletion and other environments are not", () => {
    expect(exampleConfig({}, "staging").protect).toBe(false);
    expect(exampleConfig({ protect: true }, "staging").protect).toBe(true);
    expect(exampleConfig({ protect: false, acceptUnprotected: true }).protect).toBe(false);
  });
});

describe("everything set", () => {
  const config = exampleConfig({
    domain: "shop.foobar.com",
    servers: {
      alpha: { type: "ccx13", roles: ["database"], placementGroup: "first" },
      delta: { privateIp: "10.0.1.134", roles: ["web"], type: "cpx22" },
    },
    administrators: { cidrs: ["198.51.100.7/32", "2001:db8:1::/48"], sshKeys: { jane: exampleSshKey } },
    database: { series: "8.4", volumeSizeGb: 100, bufferPoolMib: 1408 },
    cloudflare: { zoneName: "foobar.com", accountName: "Foobar", hsts: { preload: true } },
    loadBalancer: { type: "lb21", healthCheck: { intervalSeconds: 10, timeoutSeconds: 5, retries: 3 } },
    backend: {
      type: "s3",
      acceptLocalState: undefined,
      bucket: "foobar-state",
      endpoint: "https://fsn1.your-objectstorage.com",
      region: "fsn1",
    } as unknown as EnvironmentInput["backend"],
    protect: true,
    tls: "passthrough",
  });

  it("the checked configuration contains all settings that differ from the defaults", () => {
    expect(config.servers.map(({ name, type }) => `${name} ${type}`)).toEqual([
      "alpha ccx13",
      "bravo cpx22",
      "charlie cpx22",
      "delta cpx22",
    ]);
    expect(config.database).toMatchObject({ series: "8.4", volumeSizeGb: 100, bufferPoolMib: 1408 });
    expect(config.backend).toEqual({
      type: "s3",
      bucket: "foobar-state",
      endpoint: "https://fsn1.your-objectstorage.com",
      region: "fsn1",
    });
  });

  it("the list of the servers with a role has the order of the configuration", () => {
    expect(serversWithRole(config, "web").map((server) => server.name)).toEqual(["bravo", "charlie", "delta"]);
    expect(serversWithRole(config, "database").map((server) => server.name)).toEqual(["alpha", "bravo", "charlie"]);
  });
});

describe("all problems in one run", () => {
  it("the configuration check reports invalid settings together with violated rules between valid settings", () => {
    const input = exampleInput({
      domain: "FooBar.com",
      serverTyp: "cx33",
      servers: { bravo: { privateIp: "10.9.0.5" } },
      loadBalancer: { healthCheck: { intervalSeconds: 4, timeoutSeconds: 4 } },
    } as Partial<EnvironmentInput>);
    expect(() => checkEnvironment("production", input)).toThrow(
      new Error(
        [
          "config production: 4 problems",
          '  domain: must be lower case, got "FooBar.com"; write it as "foobar.com"',
          '  serverTyp: is not a known setting, got "cx33"; did you mean serverType?',
          '  servers.bravo.privateIp: must lie inside network.databaseRange (10.0.1.8/29), because of its role database, got "10.9.0.5"; choose a free address such as 10.0.1.8',
          "  loadBalancer.healthCheck.timeoutSeconds: must be less than intervalSeconds (4), got 4; lower it to 3, or raise the interval",
        ].join("\n"),
      ),
    );
  });

  it("the configuration check skips a rule that compares several settings if one of the settings is invalid", () => {
    const input = exampleInput({ network: { subnet: "nowhere" } });
    expect(() => checkEnvironment("production", input)).toThrow(
      new Error(
        'config production: 1 problem\n  network.subnet: must be an IPv4 network in CIDR notation, got "nowhere"; write it as 10.0.1.0/24',
      ),
    );
  });

  it("the configuration check shows an unusual name of an environment in one short line", () => {
    const name = `a\nb${"x".repeat(3000)}`;
    expect(() => checkEnvironment(name, exampleInput())).toThrow(/^config "a\\nbx{1,80}…: 1 problem\n/);
  });

  it("the configuration check reports a file that exports no environment", () => {
    expect(() => checkEnvironment("staging", undefined as unknown as EnvironmentInput)).toThrow(
      "config staging: 1 problem\n  default export: must be an environment, got nothing; write `export default defineEnvironment({ … })`",
    );
  });
});

it("the checked configuration and all its nested lists are frozen", () => {
  const config = exampleConfig();
  expect(() => Object.assign(config, { domain: "other.com" })).toThrow(TypeError);
  expect(() => (config.servers[0]?.roles as string[]).push("cache")).toThrow(TypeError);
});

it("the checked configuration contains each role of a server once, in a fixed order", () => {
  const config = exampleConfig({ servers: { bravo: { roles: ["database", "web", "web"] } } });
  expect(config.servers.map(({ roles }) => roles)).toEqual(Array(3).fill(["web", "database"]));
});

it("the configuration check does not freeze its input", () => {
  const input = exampleInput();
  checkEnvironment("production", input);
  expect(Object.isFrozen(input.servers)).toBe(false);
});

const listeners = {
  "the balancer's public address": [ports.balancerHttp, ports.balancerHttps],
  "a server's private address": [
    ports.nginxHttp,
    ports.nginxHttps,
    ports.mysql,
    ports.mysqlGroup,
    ports.memberRole,
    ports.ssh,
  ],
  loopback: [ports.nginxStatus, ports.application, ports.databaseWrite, ports.databaseRead, ports.haproxyStats],
};

it.each(Object.entries(listeners))("no two services of a server listen on the same port on %s", (_address, numbers) => {
  expect(new Set(numbers).size).toBe(numbers.length);
});
