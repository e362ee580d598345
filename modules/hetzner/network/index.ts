export { PlacementGroups, type PlacementGroupsProps } from "./placement-groups.js";
export { PrivateNetwork, type PrivateNetworkProps } from "./private-network.js";
export { PublicAddresses, type PublicAddressesProps } from "./public-addresses.js";
