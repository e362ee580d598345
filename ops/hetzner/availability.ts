import type { ServerConfig } from "../../modules/config/schema.js";
import type { ApiImage, ApiServerType, HetznerApi } from "./api.js";

/** Properties of a server that is to be ordered. */
export interface Order {
  /** Name of the server type. */
  readonly type: string;
  readonly location: string;
  readonly image: string;
}

/** Returns the reason why a server cannot be ordered, or `undefined`. Pure. */
export function refusalOf(
  { type, location, image }: Order,
  types: readonly ApiServerType[],
  images: readonly ApiImage[],
  now: Date,
): string | undefined {
  const offer = types.find(({ name }) => name === type)?.locations.find(({ name }) => name === location);
  const other = `choose another serverType for this server; ${alternativesIn(location, types)}`;
  if (offer === undefined) return `Hetzner does not offer ${type} in ${location}: ${other}`;
  const end = offer.deprecation?.unavailable_after;
  if (end !== undefined && new Date(end) <= now)
    return `${type} cannot be ordered in ${location} since ${end}: ${other}`;
  if (offer.available === false) return `${type} is out of stock in ${location}: try again later, or ${other}`;
  if (!images.some(({ name }) => name === image)) return `Hetzner no longer offers the image ${image}`;
  return undefined;
}

function alternativesIn(location: string, types: readonly ApiServerType[]): string {
  const names = types
    .filter(({ locations }) => locations.some(({ name, available }) => name === location && available === true))
    .map(({ name }) => name);
  return names.length === 0 ? `no type is in stock in ${location}` : `in stock there: ${names.join(", ")}`;
}

/** Checks that a new server can be ordered, before the old server is deleted. @throws Error that states the reason and the alternatives */
export async function requireOrderable(
  api: HetznerApi,
  { name, type }: ServerConfig,
  { location, image }: Pick<Order, "location" | "image">,
): Promise<void> {
  const [types, images] = await Promise.all([api.serverTypes(), api.images(image)]);
  const refusal = refusalOf({ type, location, image }, types, images, new Date());
  if (refusal !== undefined)
    throw new Error(`${name} is not replaced, because Hetzner would reject the order of its successor: ${refusal}`);
}
