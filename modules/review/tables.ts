import { balancersOf } from "../config/balancer.js";
import { effectOf, isSpread, lossesOf } from "../config/loss.js";
import { serversWithRole, type Config } from "../config/schema.js";
import { priceList } from "../platform/hetzner-offers.js";
import type { Cost } from "./cost.js";
import type { ReviewSection } from "./facts.js";
import type { Review } from "./review.js";
import { kib } from "./size.js";

/** An amount of the price list, or words if the price list has none. */
export const euros = (amount: number | undefined): string =>
  amount === undefined ? "not in the price list" : amount.toFixed(2);

/** The sum and what it includes: "about 82.58 EUR a month (net, without VAT; prices of 2026-09-29)". */
export const costText = ({ monthlyEur }: Cost): string =>
  `about ${monthlyEur.toFixed(2)} ${priceList.currency} a month (${priceList.tax}; prices of ${priceList.date})`;

/** Servers, one a row. */
export const serverTable = (review: Review): ReviewSection => ({
  title: "Servers",
  columns: ["name", "type", "location", "roles", "private address", "payload", "hash"],
  rows: review.servers.map(({ name, type, location, roles, privateIp, payload }) => [
    name,
    type,
    location,
    roles.join(", "),
    privateIp,
    payload ? kib(payload.bytes) : "-",
    payload?.hash ?? "-",
  ]),
});

/** What the loss of each location costs, if there are several. */
export function lossTable(config: Config): readonly ReviewSection[] {
  if (!isSpread(config)) return [];
  const members = serversWithRole(config, "database").length;
  const webServers = serversWithRole(config, "web").length;
  const balancers = balancersOf(config).length;
  return [
    {
      title: "Loss of a location: what is left, and the effect",
      columns: ["location", "members", "web servers", "balancers", "effect"],
      rows: lossesOf(config).map((loss) => [
        loss.location,
        `${loss.membersLeft} of ${members}`,
        `${loss.webServersLeft} of ${webServers}`,
        `${loss.balancersLeft} of ${balancers}`,
        effectOf(loss),
      ]),
    },
  ];
}

/** The rule table of the configuration. */
export const trafficTable = (review: Review): ReviewSection => ({
  title: "Traffic: allowed connections; all other traffic is dropped in both directions",
  columns: ["from", "to", "network", "ports", "as user", "why"],
  rows: review.traffic.map(({ from, to, network, ports, users, why }) => [
    from,
    to,
    network,
    ports,
    users.join(", ") || "-",
    why,
  ]),
});
