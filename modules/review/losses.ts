import { balancersOf } from "../derived/balancer.js";
import { effectOf, isSpread, lossesOf } from "../derived/loss.js";
import { serversWithRole, type Config } from "../config/schema.js";
import type { ReviewSection } from "./facts.js";

/**
 * Returns a table with the consequences of losing each location if there are several locations, otherwise an empty
 * list.
 */
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
