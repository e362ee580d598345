import { describe, expect, it } from "vitest";
import { shippedMbPerDay } from "../../../modules/derived/archive.js";
import { monthlyCost } from "../../../modules/review/cost.js";
import { locations, retiredServerTypes, serverTypes } from "../../../modules/platform/hetzner-offers.js";
import { exampleBackup, exampleConfig } from "../../support/config.js";
import { splitServers, spread } from "../../support/servers.js";

describe("the monthly cost", () => {
  it("the monthly cost of the example environment is the sum of the listed costs", () => {
    expect(monthlyCost(exampleConfig())).toEqual({
      lines: [
        { what: "3 x cpx22", monthlyEur: 58.47 },
        { what: "daily backups (20 %)", monthlyEur: 11.69 },
        { what: "3 primary IPv4", monthlyEur: 1.5 },
        { what: "60 GB of volumes", monthlyEur: 3.43 },
        { what: "load balancer lb11", monthlyEur: 7.49 },
      ],
      monthlyEur: 82.58,
    });
  });

  it("the monthly cost includes each server type, and volumes only for database members", () => {
    const config = exampleConfig({
      servers: { ...splitServers, front: { type: "cpx32", privateIp: "10.0.1.131", roles: ["web"] } },
    });
    expect(monthlyCost(config).lines.slice(0, 4)).toEqual([
      { what: "1 x cpx32", monthlyEur: 35.49 },
      { what: "3 x cpx22", monthlyEur: 58.47 },
      { what: "daily backups (20 %)", monthlyEur: 18.79 },
      { what: "4 primary IPv4", monthlyEur: 2 },
    ]);
  });

  it("the monthly cost includes the second load balancer", () => {
    const { lines, monthlyEur } = monthlyCost(exampleConfig(spread));
    expect(lines.slice(-2)).toEqual([
      { what: "load balancer lb11", monthlyEur: 7.49 },
      { what: "second load balancer lb11", monthlyEur: 7.49 },
    ]);
    expect(monthlyEur).toBe(90.07);
  });

  it("the monthly cost includes the storage of the backup's logs over their retention, in terabytes", () => {
    const archive = (changes: object) =>
      monthlyCost(exampleConfig({ backup: { ...exampleBackup, ...changes } })).lines.at(-1);
    const gigabytes = (days: number): number => Math.ceil((shippedMbPerDay * days) / 1000);
    expect(archive({ retentionDays: 14 })).toEqual({
      what: `object storage, 1 TB (logs at 20 writes a second: ${shippedMbPerDay} MB a day, ${gigabytes(22)} GB in 22 days)`,
      monthlyEur: 5,
    });
    const long = archive({ retentionDays: 365 });
    const terabytes = Math.max(1, Math.ceil(gigabytes(373) / 1000));
    expect(long?.what).toMatch(new RegExp(`^object storage, ${terabytes} TB .* ${gigabytes(373)} GB in 373 days`));
    expect(long?.monthlyEur).toBe(5 * terabytes);
    const five = exampleConfig({
      backup: exampleBackup,
      servers: Object.fromEntries(
        ["delta", "echo"].map((name, index) => [name, { privateIp: `10.0.1.${14 + index}`, roles: ["database"] }]),
      ),
    });
    expect(monthlyCost(five).lines.at(-1)?.what).toContain(`${Math.round((shippedMbPerDay * 5) / 3)} MB a day`);
  });

  it("the monthly cost includes both load balancers during a load balancer migration", () => {
    const config = exampleConfig({
      network: { balancerIp: "10.0.1.6" },
      loadBalancer: { number: 2, formerly: { tls: "terminate", balancerIp: "10.0.1.5" } },
    });
    expect(monthlyCost(config).lines.at(-1)).toEqual({
      what: "previous load balancer lb11, until the rollout ends",
      monthlyEur: 7.49,
    });
    expect(monthlyCost(config).monthlyEur).toBe(90.07);
  });

  it("the monthly cost does not include Hetzner's backups if they are disabled", () => {
    expect(monthlyCost(exampleConfig({ backups: false })).monthlyEur).toBe(70.89);
  });

  it("the monthly cost uses the prices of the location, and reports a missing price", () => {
    const config = exampleConfig({ location: "ash", network: { zone: "us-east" }, serverType: "cpx31" });
    expect(monthlyCost(config).lines).toContainEqual({ what: "3 x cpx31", monthlyEur: 187.47 });
    expect(monthlyCost(config).lines.at(-1)).toEqual({ what: "load balancer lb11", monthlyEur: undefined });
  });
});

it("the price list has a price for every server type in at least one region", () => {
  for (const [name, type] of Object.entries(serverTypes)) expect(Object.keys(type.monthlyEur), name).not.toEqual([]);
});

it("the price list has a successor on sale for each retired server type, and lists no type on sale as retired", () => {
  for (const [retired, successor] of Object.entries(retiredServerTypes)) {
    expect(Object.keys(serverTypes)).toContain(successor);
    expect(Object.keys(serverTypes)).not.toContain(retired);
  }
});

it("the price list contains Hetzner's six locations", () => {
  expect(Object.keys(locations)).toEqual(["fsn1", "nbg1", "hel1", "ash", "hil", "sin"]);
});
