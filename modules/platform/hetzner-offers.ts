/**
 * Locations, x86 server types and monthly prices of Hetzner Cloud, as plain data. This file is the only source of
 * locations, server types and prices.
 * Source: answers of `GET /v1/server_types`, `/v1/locations` and `/v1/pricing` of the Hetzner Cloud API, in a public
 * copy of the date below. The load balancer's price is from the same API on 2026-09-09. Prices are maximum prices per
 * month in EUR without VAT.
 */
export const priceList = { date: "2026-09-29", currency: "EUR", tax: "net, without VAT" } as const;

/** Region in which Hetzner has the same prices in all locations. */
export type Region = "Europe" | "United States" | "Singapore";

/** A location of Hetzner Cloud. */
export interface Location {
  readonly region: Region;
  /** Network zone of the location. All locations of a private network must be in one zone. */
  readonly zone: string;
  readonly city: string;
  /**
   * Country of the location. The round trip between locations of one country takes about 3 ms. From Germany to Finland it takes about 25
   * ms.
   */
  readonly country: string;
}

/** Hetzner's locations, with the name in the API as key. */
export const locations: Readonly<Record<string, Location>> = {
  fsn1: { region: "Europe", zone: "eu-central", city: "Falkenstein", country: "DE" },
  nbg1: { region: "Europe", zone: "eu-central", city: "Nuremberg", country: "DE" },
  hel1: { region: "Europe", zone: "eu-central", city: "Helsinki", country: "FI" },
  ash: { region: "United States", zone: "us-east", city: "Ashburn", country: "US" },
  hil: { region: "United States", zone: "us-west", city: "Hillsboro", country: "US" },
  sin: { region: "Singapore", zone: "ap-southeast", city: "Singapore", country: "SG" },
};

/** An x86 server type. If a region has no price, Hetzner does not offer the server type in the region. */
export interface ServerType {
  readonly vcpus: number;
  readonly memoryGib: number;
  readonly diskGb: number;
  readonly monthlyEur: Readonly<Partial<Record<Region, number>>>;
  /**
   * True if the type was sold out in every location on the date of the price list. Hetzner may then reject the creation
   * of a server. @default - in stock
   */
  readonly soldOut?: true;
}

const type = (
  vcpus: number,
  memoryGib: number,
  diskGb: number,
  [europe, unitedStates, singapore]: readonly [number?, number?, number?],
): ServerType => ({
  vcpus,
  memoryGib,
  diskGb,
  monthlyEur: {
    ...(europe && { Europe: europe }),
    ...(unitedStates && { "United States": unitedStates }),
    ...(singapore && { Singapore: singapore }),
  },
});

/**
 * Server types that Hetzner sells, starting with the cheapest family. cx and cpx have shared cores; ccx has dedicated
 * cores.
 */
export const serverTypes: Readonly<Record<string, ServerType>> = {
  cx23: { ...type(2, 4, 40, [5.49]), soldOut: true },
  cx33: { ...type(4, 8, 80, [8.49]), soldOut: true },
  cx43: { ...type(8, 16, 160, [15.99]), soldOut: true },
  cx53: { ...type(16, 32, 320, [29.49]), soldOut: true },
  cpx11: type(2, 2, 40, [undefined, 17.49]),
  cpx21: type(3, 4, 80, [undefined, 31.99]),
  cpx31: type(4, 8, 160, [undefined, 62.49]),
  cpx41: type(8, 16, 240, [undefined, 120.49]),
  cpx51: type(16, 32, 360, [undefined, 237.99]),
  cpx12: type(1, 2, 40, [11.49, undefined, 15.49]),
  cpx22: type(2, 4, 80, [19.49, undefined, 26.49]),
  cpx32: type(4, 8, 160, [35.49, undefined, 48.99]),
  cpx42: type(8, 16, 320, [69.49, undefined, 93.49]),
  cpx52: type(12, 24, 480, [100.49, undefined, 134.49]),
  cpx62: type(16, 32, 640, [129.99, undefined, 171.99]),
  ccx13: type(2, 8, 80, [42.99, 43.49, 53.99]),
  ccx23: type(4, 16, 160, [85.99, 87.49, 108.49]),
  ccx33: type(8, 32, 240, [138.49, 140.99, 174.49]),
  ccx43: type(16, 64, 360, [275.99, 279.49, 340.99]),
  ccx53: type(32, 128, 600, [533.49, 538.49, 651.99]),
  ccx63: type(48, 192, 960, [853.49, 859.99, 1036.49]),
};

/**
 * Returns the cheapest server type in stock at a location with at least the cores and memory of another type, or
 * `undefined` if there is none.
 */
export function inStockInstead(name: string, location: string): string | undefined {
  const wanted = serverTypes[name];
  const region = locations[location]?.region;
  if (!wanted || !region) return undefined;
  const price = (type: ServerType): number => type.monthlyEur[region] ?? Infinity;
  const candidates = Object.entries(serverTypes).filter(
    ([, type]) =>
      !type.soldOut && price(type) < Infinity && type.vcpus >= wanted.vcpus && type.memoryGib >= wanted.memoryGib,
  );
  return candidates.sort(([, a], [, b]) => price(a) - price(b))[0]?.[0];
}

/** Server types that Hetzner no longer sells, with their successors. */
export const retiredServerTypes: Readonly<Record<string, string>> = {
  cx11: "cx23",
  cx21: "cx23",
  cx22: "cx23",
  cx31: "cx33",
  cx32: "cx33",
  cx41: "cx43",
  cx42: "cx43",
  cx51: "cx53",
  cx52: "cx53",
  ccx11: "ccx13",
  ccx12: "ccx13",
  ccx21: "ccx23",
  ccx22: "ccx23",
  ccx31: "ccx33",
  ccx32: "ccx33",
  ccx41: "ccx43",
  ccx42: "ccx43",
  ccx51: "ccx53",
  ccx52: "ccx53",
  ccx62: "ccx63",
};

/** Returns true for Hetzner's arm64 server types. MySQL's apt repository has no arm64 packages for Debian. */
export const isArm = (serverType: string): boolean => /^cax\d/.test(serverType);

/** A load balancer type with its maximum number of targets. Each web server is a target. */
export interface LoadBalancerType {
  readonly targets: number;
  /** Monthly price in Europe, in EUR. @default - the price list has no price */
  readonly monthlyEur?: number;
}

/** Load balancer types that Hetzner sells, from smallest to largest. */
export const loadBalancerTypes: Readonly<Record<string, LoadBalancerType>> = {
  lb11: { targets: 25, monthlyEur: 7.49 },
  lb21: { targets: 75 },
  lb31: { targets: 150 },
};

/** Price of daily backups of a server, as a share of the server's price. */
export const backupShare = 0.2;

/** Monthly price of a primary IPv4 address, in EUR. IPv6 is free. */
export const primaryIpv4MonthlyEur = 0.5;

/**
 * Monthly price of an account's object storage, in EUR. The first TB of data and traffic is included; each additional TB costs about as
 * much (docs.hetzner.com, "Object Storage", of 2024-12-06).
 */
export const objectStorageMonthlyEur = 5;

/** Monthly price of one GB of volume, in EUR. */
export const volumeGbMonthlyEur = 0.0572;

/** Maximum number of servers in a spread placement group. */
export const placementGroupServers = 10;

/** Name of the operating system image of every server. */
export const serverImage = "debian-13";
