import { locations } from "../platform/hetzner-offers.js";
import { balancersOf, locationsOf } from "./balancer.js";
import { serversWithRole, type Config, type ServerConfig } from "../config/schema.js";

/** Consequences if all servers and load balancers in a location are lost. */
export interface LocationLoss {
  readonly location: string;
  /**
   * Number of remaining database members, and whether they are a majority of all members. Without a majority, the site
   * rejects reads and writes.
   */
  readonly membersLeft: number;
  readonly hasMajority: boolean;
  readonly webServersLeft: number;
  /** Number of lost and number of remaining load balancers. */
  readonly balancersLost: number;
  readonly balancersLeft: number;
  /**
   * Whether the location contains the bucket with Terraform's state, and whether it contains the bucket with the
   * archive.
   */
  readonly hasState: boolean;
  readonly hasArchive: boolean;
}

/** Returns the location of a bucket at Hetzner, or `undefined` for other vendors, because their endpoints contain no location. */
const bucketLocation = (endpoint: string | undefined): string | undefined =>
  /^https:\/\/([a-z0-9]+)\.your-objectstorage\.com\b/.exec(endpoint ?? "")?.[1];

const stateLocation = ({ backend }: Config): string | undefined =>
  bucketLocation(backend.type === "s3" ? backend.endpoint : undefined);

/** Returns true if the environment uses several locations. */
export const isSpread = (config: Config): boolean => locationsOf(config).length > 1;

/**
 * Returns the effects of the loss of a location.
 * @param down names of servers that are unavailable for other reasons @default - none
 */
export function lossOf(config: Config, location: string, down: readonly string[] = []): LocationLoss {
  const remains = (server: ServerConfig): boolean => server.location !== location && !down.includes(server.name);
  const members = serversWithRole(config, "database");
  const membersLeft = members.filter(remains).length;
  const balancers = balancersOf(config);
  const balancersLost = balancers.filter((balancer) => balancer.location === location).length;
  return {
    location,
    membersLeft,
    hasMajority: 2 * membersLeft > members.length,
    webServersLeft: serversWithRole(config, "web").filter(remains).length,
    balancersLost,
    balancersLeft: balancers.length - balancersLost,
    hasState: stateLocation(config) === location,
    hasArchive: bucketLocation(config.backup?.endpoint) === location,
  };
}

/** Returns the effects of losing each location that the environment uses, including the locations of buckets. */
export const lossesOf = (config: Config, down?: readonly string[]): readonly LocationLoss[] =>
  [...new Set([...locationsOf(config), stateLocation(config), bucketLocation(config.backup?.endpoint)])].flatMap(
    (location) => (location === undefined ? [] : [lossOf(config, location, down)]),
  );

/** Returns true if the loss of the location stops the site until the location returns. */
export const stopsSite = ({ hasMajority, webServersLeft, balancersLeft }: LocationLoss): boolean =>
  !hasMajority || webServersLeft === 0 || balancersLeft === 0;

/** Returns a text with the consequences for the site, and the command that an operator must run. */
export function effectOf(loss: LocationLoss): string {
  const { hasMajority, webServersLeft, balancersLost, balancersLeft, hasState, hasArchive } = loss;
  const missing = [
    ...(balancersLeft === 0 ? ["no load balancer"] : []),
    ...(webServersLeft === 0 ? ["no web server"] : []),
    ...(hasMajority ? [] : ["no majority of the database members"]),
  ];
  return [
    missing.length > 0 ? `the site stops: ${missing.join(", ")} left` : "the site continues",
    ...(missing.length === 0 && balancersLost > 0
      ? ["requests that Cloudflare sends to the lost load balancer fail until `npm run ops balancers`"]
      : []),
    ...(hasState ? ["commands that need the state fail"] : []),
    ...(hasArchive ? ["nothing is archived"] : []),
  ].join("; ");
}

/** Returns true if two locations are near each other, which means in the same country. */
const isNear = (one: string, other: string): boolean => locations[one]?.country === locations[other]?.country;

const nearMembers = (config: Config, location: string): readonly ServerConfig[] =>
  serversWithRole(config, "database").filter((member) => isNear(member.location, location));

/**
 * Returns the far database members. A member is far if it has fewer nearby members than other members have. Each commit
 * of a far member waits for a distant member, so a far member becomes primary only if no other member can.
 */
export function farMembers(config: Config): readonly ServerConfig[] {
  const members = serversWithRole(config, "database");
  const nearTo = ({ location }: ServerConfig): number => nearMembers(config, location).length;
  const most = Math.max(...members.map(nearTo));
  return members.filter((member) => nearTo(member) < most);
}

/**
 * Returns the database members that are far from a location. If all members are far, returns an empty list, because no member is
 * preferable.
 */
export function membersFarFrom(config: Config, location: string): readonly ServerConfig[] {
  const near = nearMembers(config, location);
  return near.length === 0 ? [] : serversWithRole(config, "database").filter((member) => !near.includes(member));
}
