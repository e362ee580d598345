import { refused } from "./refused.js";

const webOnly = { roles: ["web"] };
/** Servers that use all four addresses from 10.0.1.16. */
const fourServers = Object.fromEntries(
  [16, 17, 18, 19].map((last) => [`web-${last}`, { ...webOnly, privateIp: `10.0.1.${last}` }]),
);

refused("addresses", [
  [
    { servers: { bravo: { privateIp: "10.9.0.5" } } },
    'servers.bravo.privateIp: must lie inside network.databaseRange (10.0.1.8/29), because of its role database, got "10.9.0.5"; choose a free address such as 10.0.1.8',
  ],
  [
    { servers: { bravo: { privateIp: "10.0.1.11" } } },
    'servers.bravo.privateIp: must not be the address of servers.alpha.privateIp, got "10.0.1.11"; choose a free address such as 10.0.1.8',
  ],
  [
    { servers: { bravo: { privateIp: "10.0.1.5" } } },
    'servers.bravo.privateIp: must lie inside network.databaseRange (10.0.1.8/29), because of its role database, got "10.0.1.5"; choose a free address such as 10.0.1.8',
  ],
  [
    { servers: { bravo: { privateIp: "10.0.1.1" } } },
    'servers.bravo.privateIp: must not be Hetzner\'s gateway, got "10.0.1.1"; choose a free address such as 10.0.1.8',
  ],
  [
    { servers: { bravo: { privateIp: "10.0.1.0" } } },
    'servers.bravo.privateIp: must not be the network address, got "10.0.1.0"; choose a free address such as 10.0.1.8',
  ],
  [
    { servers: { bravo: { privateIp: "10.0.1.255" } } },
    'servers.bravo.privateIp: must not be the broadcast address, got "10.0.1.255"; choose a free address such as 10.0.1.8',
  ],
  [
    { servers: { bravo: { privateIp: "172.31.1.1" } } },
    'servers.bravo.privateIp: must not be Hetzner\'s public gateway, got "172.31.1.1"; choose a free address such as 10.0.1.8',
  ],
  [
    { servers: { bravo: { privateIp: "10.0.1.300" } } },
    'servers.bravo.privateIp: must be an IPv4 address, got "10.0.1.300"; write it as 10.0.1.11',
  ],
  [
    { network: { balancerIp: "10.0.2.5" } },
    'network.balancerIp: must lie inside network.subnet (10.0.1.0/24), outside databaseRange and webRange, got "10.0.2.5"; choose a free address such as 10.0.1.2',
  ],
  [
    { network: { balancerIp: "10.0.1.9" } },
    'network.balancerIp: must lie inside network.subnet (10.0.1.0/24), outside databaseRange and webRange, got "10.0.1.9"; choose a free address such as 10.0.1.2',
  ],
  [
    { tls: "passthrough", loadBalancer: { number: 2, formerly: { tls: "terminate", balancerIp: "10.0.1.5" } } },
    'network.balancerIp: must not be the address of loadBalancer.formerly.balancerIp, got "10.0.1.5"; choose a free address such as 10.0.1.2',
  ],
  [
    { loadBalancer: { number: 2, formerly: { tls: "terminate", balancerIp: "10.0.1.9" } } },
    'loadBalancer.formerly.balancerIp: must lie inside network.subnet (10.0.1.0/24), outside databaseRange and webRange, got "10.0.1.9"; choose a free address such as 10.0.1.2',
  ],
  [
    { servers: { delta: { privateIp: "10.0.1.14", roles: ["web"] } } },
    'servers.delta.privateIp: must lie inside network.webRange (10.0.1.128/25), because its only role is web, got "10.0.1.14"; choose a free address such as 10.0.1.128',
  ],
  [
    {
      network: { webRange: "10.0.1.16/30" },
      servers: { ...fourServers, delta: { privateIp: "10.0.1.20", ...webOnly } },
    },
    'servers.delta.privateIp: must lie inside network.webRange (10.0.1.16/30), because its only role is web, got "10.0.1.20"; widen the range: it has no free address',
  ],
]);

refused("networks", [
  [
    {
      network: {
        cidr: "10.0.1.0/24",
        subnet: "10.0.0.0/16",
        databaseRange: "10.0.1.8/29",
        webRange: "10.0.1.128/25",
      },
    },
    'network.subnet: must lie inside network.cidr (10.0.1.0/24), got "10.0.0.0/16"; choose a part of 10.0.1.0/24, or widen network.cidr',
  ],
  [
    { network: { webRange: "10.0.2.128/25" } },
    'network.webRange: must lie inside network.subnet (10.0.1.0/24), got "10.0.2.128/25"; choose a part of 10.0.1.0/24, or remove it to use the default 10.0.1.128/25',
  ],
  [
    { network: { databaseRange: "10.0.1.0/24" } },
    'network.databaseRange: must have a prefix from /28 to /29, got "10.0.1.0/24"; write it as 10.0.1.0/28',
  ],
  [
    { network: { webRange: "10.0.1.8/30" } },
    'network.webRange: must share no address with network.databaseRange (10.0.1.8/29), so that no web server is trusted as a database member, got "10.0.1.8/30"; change one of the two ranges',
  ],
  [
    { network: { subnet: "10.0.1.0/28" } },
    'network.subnet: must have a prefix from /9 to /27, got "10.0.1.0/28"; write it as 10.0.1.0/24',
  ],
  [
    { network: { cidr: "10.2.0.0/16" } },
    'network.subnet: must lie inside network.cidr (10.2.0.0/16), got "10.0.1.0/24"; choose a part of 10.2.0.0/16, or widen network.cidr',
  ],
  [
    { network: { subnet: "10.0.1.7/24" } },
    'network.subnet: must have no bits set after its prefix, got "10.0.1.7/24"; write it as 10.0.1.0/24',
  ],
  [
    { network: { cidr: "8.8.0.0/16" } },
    'network.cidr: must lie inside 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16, got "8.8.0.0/16"; choose a private network such as 10.0.0.0/16',
  ],
  [
    { network: { cidr: "10.0.1.0/25" } },
    'network.cidr: must have a prefix from /8 to /24, got "10.0.1.0/25"; write it as 10.0.1.0/16',
  ],
  [
    { network: { subnet: "10.0.1.0" } },
    'network.subnet: must be an IPv4 network in CIDR notation, got "10.0.1.0"; write it as 10.0.1.0/24',
  ],
  [
    {
      network: {
        cidr: "10.0.0.0/24",
        ...{ subnet: "10.0.0.0/23", databaseRange: "10.0.1.8/29", webRange: "10.0.1.128/25" },
      },
    },
    'network.subnet: must lie inside network.cidr (10.0.0.0/24), got "10.0.0.0/23"; choose a part of 10.0.0.0/24, or widen network.cidr',
  ],
  [
    { network: { zone: "us-east" } },
    'network.zone: must be the zone of location nbg1, got "us-east"; write "eu-central", or choose a location of us-east',
  ],
  [
    { network: { zone: "eu" } },
    'network.zone: must be a known network zone, got "eu"; choose one of eu-central, us-east, us-west, ap-southeast',
  ],
  [{ location: "nbg2" }, 'location: must be a known location, got "nbg2"; did you mean nbg1?'],
]);

refused("locations", [
  [
    { servers: { alpha: { location: "ash", type: "ccx13" } } },
    'servers.alpha.location: must lie in network.zone (eu-central), got "ash"; choose one of fsn1, nbg1, hel1',
  ],
  [
    { loadBalancer: { second: { location: "sin", privateIp: "10.0.1.6" } } },
    'loadBalancer.second.location: must lie in network.zone (eu-central), got "sin"; choose one of fsn1, nbg1, hel1',
  ],
  [
    { loadBalancer: { second: { location: "nbg1", privateIp: "10.0.1.6" } } },
    'loadBalancer.second.location: must differ from location, where the first load balancer is, got "nbg1"; choose another location of the same zone',
  ],
  [
    { loadBalancer: { second: { location: "fsn1", privateIp: "10.0.1.5" } } },
    'loadBalancer.second.privateIp: must not be the address of network.balancerIp, got "10.0.1.5"; choose a free address such as 10.0.1.2',
  ],
  [
    { loadBalancer: { second: { location: "fsn1", privateIp: "10.0.2.6" } } },
    'loadBalancer.second.privateIp: must lie inside network.subnet (10.0.1.0/24), outside databaseRange and webRange, got "10.0.2.6"; choose a free address such as 10.0.1.2',
  ],
  [
    {
      loadBalancer: {
        second: { location: "fsn1", privateIp: "10.0.1.7" },
        ...{ number: 2, formerly: { tls: "passthrough", balancerIp: "10.0.1.6" } },
      },
    },
    'loadBalancer.second: must not be set together with loadBalancer.formerly, got {"location":"fsn1","privateIp":"10.0.1.7"}; finish the migration, then remove formerly; or remove second until the migration is complete',
  ],
]);
