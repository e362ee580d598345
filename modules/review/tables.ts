import { priceList } from "../platform/hetzner-offers.js";
import type { Cost } from "./cost.js";
import type { ReviewSection } from "./facts.js";
import type { Review } from "./review.js";
import { kib } from "./size.js";

/** Returns an amount of the price list as text, or a replacement text if the price list has no amount. */
export const euros = (amount: number | undefined): string =>
  amount === undefined ? "not in the price list" : amount.toFixed(2);

/** Returns the total cost with currency, tax and date of the prices: "about 82.58 EUR a month (net, without VAT; prices of 2026-09-29)". */
export const costText = ({ monthlyEur }: Cost): string =>
  `about ${monthlyEur.toFixed(2)} ${priceList.currency} a month (${priceList.tax}; prices of ${priceList.date})`;

/** Returns the table of servers, with one server in each row. */
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

/** Returns the table of the environment's traffic rules. */
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
