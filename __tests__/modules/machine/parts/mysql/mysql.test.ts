import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { exampleConfig, exampleKeyFile } from "../../../../support/config.js";
import { splitServers, spread } from "../../../../support/servers.js";
import { contentOf, mysqlOf, variables } from "./support.js";

/** Returns the settings of mysql-group from the payload. */
const settings = (part = mysqlOf("alpha")): unknown => JSON.parse(contentOf("/etc/mysql-group/group.json", part));

it("MySQL is installed from the vendor's repository for the LTS series and the server's Debian release", () => {
  const [source] = mysqlOf("alpha").aptSources ?? [];
  expect(source?.source).toBe("deb http://repo.mysql.com/apt/debian $RELEASE mysql-9.7-lts");
});

it("mysql-group gets every member in order and the paths of its passwords", () => {
  expect(settings()).toEqual({
    server: "alpha",
    address: "10.0.1.11",
    members: { alpha: "10.0.1.11", bravo: "10.0.1.12", charlie: "10.0.1.13" },
    rolePort: 8008,
    socket: "/run/mysqld/mysqld.sock",
    subnet: "10.0.1.0/24",
    database: "app",
    privileges: "read-write",
    maximumReplicaLagSeconds: 5,
    passwords: {
      app: "/etc/mysql-group/app-password",
      replication: "/etc/mysql-group/replication-password",
      datadog: "/etc/mysql-group/monitoring-password",
    },
  });
});

it("if there are several locations, the settings of every member list the distant members", () => {
  const config = exampleConfig(spread);
  for (const name of ["alpha", "charlie"])
    expect(settings(mysqlOf(name, config))).toMatchObject({ far: ["10.0.1.13"] });
});

describe("MySQL with everything set", () => {
  const config = exampleConfig({
    servers: splitServers,
    database: { series: "8.4", bufferPoolMib: 640, groupName: "11111111-2222-4333-8444-555555555555" },
    monitoring: { enabled: false },
    aptSources: { mysql: { url: "https://mirror.foobar.com/mysql" } },
  });
  const part = mysqlOf("middle", config);

  it("MySQL uses the configured mirror, series and sizes", () => {
    expect(part.aptSources?.[0]?.source).toBe("deb https://mirror.foobar.com/mysql $RELEASE mysql-8.4-lts");
    expect(variables(part)).toMatchObject({
      bind_address: "10.0.1.12",
      report_host: "10.0.1.12",
      innodb_buffer_pool_size: "640M",
      loose_group_replication_group_name: "11111111-2222-4333-8444-555555555555",
      loose_group_replication_group_seeds: "10.0.1.11:33061,10.0.1.12:33061,10.0.1.13:33061",
    });
  });

  it("MySQL's settings list only database servers as members, and contain no monitoring account if monitoring is disabled", () => {
    expect(settings(part)).toMatchObject({
      members: { left: "10.0.1.11", middle: "10.0.1.12", right: "10.0.1.13" },
      passwords: { app: expect.any(String) as string, replication: expect.any(String) as string },
    });
    expect(settings(part)).not.toHaveProperty("passwords.datadog");
  });
});

it("the apt key of MySQL is that of MySQL Release Engineering, pinned by fingerprint", () => {
  expect(mysqlOf("alpha").aptSources?.[0]?.key).toMatchObject({
    url: "https://repo.mysql.com/RPM-GPG-KEY-mysql-2025",
    fingerprints: ["BCA43417C3B485DD128EC6D4B7B3B788A8D3785C"],
  });
});

it("a configured mirror of MySQL's repository uses the configured apt key", () => {
  const config = exampleConfig({ aptSources: { mysql: { keyFile: exampleKeyFile } } });
  expect(mysqlOf("alpha", config).aptSources?.[0]?.key).toBe(readFileSync(exampleKeyFile, "utf8"));
});
