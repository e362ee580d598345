import { locations } from "../../prices/hetzner.js";
import { freeAddress, isInside, reservedAddresses } from "../addresses.js";
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

const subnetInsideNetwork = rule(["network"], ({ network: { cidr, subnet } }) =>
  unless(isInside(subnet, cidr), () => ({
    path: "network.subnet",
    rule: `must lie inside network.cidr (${cidr})`,
    got: subnet,
    fix: `choose a part of ${cidr}, or widen network.cidr`,
  })),
);

/** Private addresses with the setting each comes from, the balancer's first. */
function assigned({ network, servers }: Pick<Checked, "network" | "servers">): readonly { path: string; ip: string }[] {
  return [
    { path: "network.balancerIp", ip: network.balancerIp },
    ...Object.entries(servers).map(([name, { privateIp }]) => ({ path: `servers.${name}.privateIp`, ip: privateIp })),
  ];
}

const addressesUsable = rule(["network", "servers"], (sections) => {
  const { subnet } = sections.network;
  const all = assigned(sections);
  const reserved = reservedAddresses(subnet);
  const free = freeAddress(
    subnet,
    all.map(({ ip }) => ip),
  );
  const fix =
    free === undefined ? "widen network.subnet: it has no free address" : `choose a free address such as ${free}`;
  return all.flatMap(({ path, ip }, index): readonly Problem[] => {
    const refuse = (text: string): readonly Problem[] => [{ path, rule: text, got: ip, fix }];
    const purpose = reserved[ip];
    if (purpose) return refuse(`must not be ${purpose}`);
    if (!isInside(ip, subnet)) return refuse(`must lie inside network.subnet (${subnet})`);
    const twin = all.slice(0, index).find((other) => other.ip === ip);
    return twin ? refuse(`must not be the address of ${twin.path}`) : [];
  });
});

export const networkRules = [zoneFitsLocation, subnetInsideNetwork, addressesUsable];
