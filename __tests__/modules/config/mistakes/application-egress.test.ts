import { refused } from "./refused.js";

/** Ten networks, each with the given number of ports. */
const peers = (count: number) =>
  Array.from({ length: 10 }, (_, network) => ({
    cidr: `198.51.100.${network}/32`,
    ports: Array.from({ length: count }, (_, port) => 9000 + 10 * network + port),
  }));

refused("the application's peers", [
  [
    { application: { egress: [{ cidr: "10.0.1.12/32", ports: [3306] }] } },
    'application.egress[0].cidr: must be a public network: 10.0.1.12/32 is not public, and the application must not reach servers or the metadata service, got "10.0.1.12/32"; list the peer\'s public addresses',
  ],
  [
    { application: { egress: [{ cidr: "169.254.169.254/32", ports: [80] }] } },
    'application.egress[0].cidr: must be a public network: 169.254.169.254/32 is not public, and the application must not reach servers or the metadata service, got "169.254.169.254/32"; list the peer\'s public addresses',
  ],
  [
    { application: { egress: [{ cidr: "172.0.0.0/8", ports: [443] }] } },
    'application.egress[0].cidr: must be a public network: 172.16.0.0/12 is not public, and the application must not reach servers or the metadata service, got "172.0.0.0/8"; list the peer\'s public addresses',
  ],
  [
    { application: { egress: [{ cidr: "128.0.0.0/1", ports: [443] }] } },
    'application.egress[0].cidr: must not be wider than /8, except for 0.0.0.0/0 and ::/0, got "128.0.0.0/1"; list the required networks, or 0.0.0.0/0 or ::/0 for all',
  ],
  [
    { application: { egress: [{ cidr: "198.51.100.7", ports: [443] }] } },
    'application.egress[0].cidr: must be in CIDR notation, got "198.51.100.7"; write it as 198.51.100.7/32',
  ],
  [
    { application: { egress: [{ cidr: "198.51.100.7/24", ports: [443] }] } },
    'application.egress[0].cidr: must have no bits set after its prefix, in its shortest form, got "198.51.100.7/24"; write it as 198.51.100.0/24',
  ],
  [
    { application: { egress: [{ cidr: "api.payment.com", ports: [443] }] } },
    'application.egress[0].cidr: must be a network in CIDR notation, got "api.payment.com"; write it as 198.51.100.7/32 or 2001:db8:1::/48',
  ],
  [
    { application: { egress: [{ cidr: "198.51.100.7/32", ports: [53] }] } },
    "application.egress[0].ports[0]: must not be a DNS port, because data could leave unnoticed in DNS queries, got 53; remove it, because networks are listed by address",
  ],
  [
    { application: { egress: [{ cidr: "198.51.100.7/32", ports: [443, 443] }] } },
    "application.egress[0].ports[1]: must be listed once, got 443; remove it",
  ],
  [
    {
      application: {
        egress: [
          { cidr: "198.51.100.7/32", ports: [443] },
          { cidr: "198.51.100.7/32", ports: [8443] },
        ],
      },
    },
    'application.egress[1].cidr: must be listed once, got "198.51.100.7/32"; list all its ports in one entry',
  ],
  [
    { application: { egress: peers(4) } },
    `application.egress: must contain at most 30 ports in total, because Hetzner's firewall needs one rule per port, got ${JSON.stringify(peers(4)).slice(0, 80)}…; list fewer ports, or combine networks`,
  ],
  [
    { application: { egress: [{ cidr: "198.51.100.7/32", ports: [] }] } },
    "application.egress[0].ports: must have at least 1 entry, got []; add one",
  ],
]);
