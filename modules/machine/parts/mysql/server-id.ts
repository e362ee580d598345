/** MySQL's `server_id`: the private IPv4 address as a number, so unique in the network and stable however the configuration is ordered. */
export const serverId = (privateIp: string): number =>
  privateIp.split(".").reduce((number, octet) => number * 256 + Number(octet), 0);
