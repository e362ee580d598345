export { PlacementGroups } from "./placement-groups.js";
export { PrivateNetwork } from "./private-network.js";
export { PublicAddresses } from "./public-addresses.js";
