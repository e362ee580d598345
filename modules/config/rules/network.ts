import { locations } from "../../platform/hetzner-offers.js";
import { freeAddress, isInside, reservedAddresses, withRanges } from "../addresses.js";
import type { Problem } from "../problem.js";
import { rule, unless, type Checked } from "./rule.js";

const zoneFitsLocation = rule(["network", "location"], ({ network, location }) => {
  const wanted = locations[location]?.zone;
  return unless(network.zone === wanted, () => ({
    path: "network.zone",
    rule: `must be the zone of location ${location}`,
    got: network.zone,
    fix: `write "${wanted}", or choose a location of ${network.zone}`,
  }));
});

/**
 * Checks that all locations are in one network zone, because Hetzner's private networks connect only locations of one
 * zone.
 */
const locationsInZone = rule(
  ["network", "servers", "loadBalancer"],
  ({ network: { zone }, servers, loadBalancer: { second } }) => {
    const inZone = Object.keys(locations).filter((name) => locations[name]?.zone === zone);
    return Object.entries({
      ...Object.fromEntries(Object.entries(servers).map(([name, server]) => [`servers.${name}`, server.location])),
      "loadBalancer.second": second?.location,
    }).flatMap(([path, location]) =>
      unless(location === undefined || inZone.includes(location), () => ({
        path: `${path}.location`,
        rule: `must lie in network.zone (${zone})`,
        got: location,
        fix: `choose one of ${inZone.join(", ")}`,
      })),
    );
  },
);

/** Checks that two load balancers are in different locations, so that one remains if a location fails. */
const balancersApart = rule(["loadBalancer", "location"], ({ loadBalancer: { second, formerly }, location }) => [
  ...unless(second?.location !== location, () => ({
    path: "loadBalancer.second.location",
    rule: "must differ from the setting location, which is the location of the first load balancer",
    got: location,
    fix: "choose another location of the same zone",
  })),
  ...unless(second === undefined || formerly === undefined, () => ({
    path: "loadBalancer.second",
    rule: "must not be set together with loadBalancer.formerly",
    got: second,
    fix: "finish the migration, then remove formerly; or remove second until the migration is complete",
  })),
]);

const subnetInsideNetwork = rule(["network"], ({ network: { cidr, subnet } }) =>
  unless(isInside(subnet, cidr), () => ({
    path: "network.subnet",
    rule: `must lie inside network.cidr (${cidr})`,
    got: subnet,
    fix: `choose a part of ${cidr}, or widen network.cidr`,
  })),
);

const rangesInsideSubnet = rule(["network"], ({ network }) =>
  (["databaseRange", "webRange"] as const).flatMap((key) => {
    const range = network[key];
    return unless(range === undefined || isInside(range, network.subnet), () => ({
      path: `network.${key}`,
      rule: `must lie inside network.subnet (${network.subnet})`,
      got: range,
      fix: `choose a part of ${network.subnet}, or remove it to use the default ${withRanges({ subnet: network.subnet })[key]}`,
    }));
  }),
);

const overlap = (one: string, other: string): boolean => isInside(one, other) || isInside(other, one);

const rangesApart = rule(["network"], ({ network }) => {
  const { databaseRange, webRange } = withRanges(network);
  return unless(!overlap(databaseRange, webRange), () => ({
    path: "network.webRange",
    rule: `must share no address with network.databaseRange (${databaseRange}), so that no web server is trusted as a database member`,
    got: webRange,
    fix: "change one of the two ranges",
  }));
});

/** Address range that must contain an address. */
interface Place {
  readonly range: string;
  /** Name of the range in messages. */
  readonly name: string;
  /** Returns true for addresses of the range that must not be used. @default - none */
  readonly except?: (ip: string) => boolean;
}

/** Returns the configured private addresses with the paths of their settings, starting with the load balancers. */
function assigned({ network, servers, loadBalancer }: Pick<Checked, "network" | "servers" | "loadBalancer">) {
  const { subnet, databaseRange, webRange } = withRanges(network);
  const database: Place = {
    range: databaseRange,
    name: `network.databaseRange (${databaseRange}), because of its role database`,
  };
  const web: Place = { range: webRange, name: `network.webRange (${webRange}), because its only role is web` };
  const balancer: Place = {
    range: subnet,
    name: `network.subnet (${subnet}), outside databaseRange and webRange`,
    except: (ip) => isInside(ip, databaseRange) || isInside(ip, webRange),
  };
  const { formerly, second } = loadBalancer;
  return [
    // During a migration to another load balancer, both load balancers are in the subnet, so the new load balancer
    // needs another address.
    ...(formerly ? [{ path: "loadBalancer.formerly.balancerIp", ip: formerly.balancerIp, place: balancer }] : []),
    { path: "network.balancerIp", ip: network.balancerIp, place: balancer },
    ...(second ? [{ path: "loadBalancer.second.privateIp", ip: second.privateIp, place: balancer }] : []),
    ...Object.entries(servers).map(([name, { privateIp, roles }]) => ({
      path: `servers.${name}.privateIp`,
      ip: privateIp,
      place: roles.includes("database") ? database : web,
    })),
  ];
}

const addressesUsable = rule(["network", "servers", "loadBalancer"], (sections) => {
  const { subnet } = sections.network;
  const all = assigned(sections);
  const reserved = reservedAddresses(subnet);
  const taken = new Set(all.map(({ ip }) => ip));
  return all.flatMap(({ path, ip, place: { range, name, except } }, index): readonly Problem[] => {
    const refuse = (text: string): readonly Problem[] => {
      const free = freeAddress(range, (address) => !(address in reserved || taken.has(address) || except?.(address)));
      const fix = free ? `choose a free address such as ${free}` : "widen the range: it has no free address";
      return [{ path, rule: text, got: ip, fix }];
    };
    const purpose = reserved[ip];
    if (purpose) return refuse(`must not be ${purpose}`);
    if (!isInside(ip, range) || except?.(ip)) return refuse(`must lie inside ${name}`);
    const twin = all.slice(0, index).find((other) => other.ip === ip);
    return twin ? refuse(`must not be the address of ${twin.path}`) : [];
  });
});

/** Rules about private addresses and locations. */
export const networkRules = [
  zoneFitsLocation,
  locationsInZone,
  balancersApart,
  subnetInsideNetwork,
  rangesInsideSubnet,
  rangesApart,
  addressesUsable,
];
