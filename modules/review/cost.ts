import { formerOf } from "../derived/agreement.js";
import { objectDays, shippedMbPerDay } from "../derived/archive.js";
import { serversWithRole, type Config } from "../config/schema.js";
import {
  backupShare,
  loadBalancerTypes,
  locations,
  objectStorageMonthlyEur,
  primaryIpv4MonthlyEur,
  serverTypes,
  volumeGbMonthlyEur,
  type Region,
} from "../platform/hetzner-offers.js";

/** One line of the cost estimate. */
export interface CostLine {
  readonly what: string;
  /** Monthly price in EUR. @default - the price list has no price */
  readonly monthlyEur: number | undefined;
}

/** Estimated monthly net cost at Hetzner in EUR. The estimate does not include Cloudflare and Datadog. */
export interface Cost {
  readonly lines: readonly CostLine[];
  /** Sum of the lines with a price. */
  readonly monthlyEur: number;
}

const cents = (euros: number): number => Math.round(euros * 100) / 100;

function serverLines(config: Config, region: Region): readonly CostLine[] {
  const types = config.servers.map((server) => server.type);
  return [...new Set(types)].map((type) => {
    const count = types.filter((other) => other === type).length;
    const price = serverTypes[type]?.monthlyEur[region];
    return { what: `${count} x ${type}`, monthlyEur: price === undefined ? undefined : cents(count * price) };
  });
}

/**
 * Returns the cost of storing the archive's binary logs until they expire. Base backups are not included, because their
 * size depends on the application.
 */
function archiveLine(config: Config, backup: NonNullable<Config["backup"]>): CostLine {
  const mbPerDay = (shippedMbPerDay * serversWithRole(config, "database").length) / 3;
  const days = objectDays(backup);
  const gigabytes = Math.ceil((mbPerDay * days) / 1000);
  const terabytes = Math.max(1, Math.ceil(gigabytes / 1000));
  return {
    what: `object storage, ${terabytes} TB (logs at 20 writes a second: ${Math.round(mbPerDay)} MB a day, ${gigabytes} GB in ${days} days)`,
    monthlyEur: cents(terabytes * objectStorageMonthlyEur),
  };
}

const sum = (lines: readonly CostLine[]): number =>
  cents(lines.reduce((total, line) => total + (line.monthlyEur ?? 0), 0));

export function monthlyCost(config: Config): Cost {
  const region = locations[config.location]?.region ?? "Europe";
  const servers = serverLines(config, region);
  const volumesGb = serversWithRole(config, "database").length * config.database.volumeSizeGb;
  const { type } = config.loadBalancer;
  const balancerEur = region === "Europe" ? loadBalancerTypes[type]?.monthlyEur : undefined;
  const lines: readonly CostLine[] = [
    ...servers,
    ...(config.backups ? [{ what: "daily backups (20 %)", monthlyEur: cents(sum(servers) * backupShare) }] : []),
    { what: `${config.servers.length} primary IPv4`, monthlyEur: cents(config.servers.length * primaryIpv4MonthlyEur) },
    { what: `${volumesGb} GB of volumes`, monthlyEur: cents(volumesGb * volumeGbMonthlyEur) },
    { what: `load balancer ${type}`, monthlyEur: balancerEur },
    ...(config.loadBalancer.second ? [{ what: `second load balancer ${type}`, monthlyEur: balancerEur }] : []),
    ...(formerOf(config)
      ? [{ what: `previous load balancer ${type}, until the rollout ends`, monthlyEur: balancerEur }]
      : []),
    ...(config.backup ? [archiveLine(config, config.backup)] : []),
  ];
  return { lines, monthlyEur: sum(lines) };
}
