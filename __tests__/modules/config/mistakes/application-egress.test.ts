import { refused } from "./refused.js";

/** Ten networks, with so many ports each. */
const peers = (count: number) =>
  Array.from({ length: 10 }, (_, network) => ({
    cidr: `198.51.100.${network}/32`,
    ports: Array.from({ length: count }, (_, port) => 9000 + 10 * network + port),
  }));

refused("the application's peers", [
  [
    { application: { egress: [{ cidr: "10.0.1.12/32", ports: [3306] }] } },
    'application.egress[0].cidr: must be a public network: 10.0.1.12/32 is none, and servers and their metadata are out of its reach, got "10.0.1.12/32"; name the peer\'s public addresses',
  ],
  [
    { application: { egress: [{ cidr: "169.254.169.254/32", ports: [80] }] } },
    'application.egress[0].cidr: must be a public network: 169.254.169.254/32 is none, and servers and their metadata are out of its reach, got "169.254.169.254/32"; name the peer\'s public addresses',
  ],
  [
    { application: { egress: [{ cidr: "172.0.0.0/8", ports: [443] }] } },
    'application.egress[0].cidr: must be a public network: 172.16.0.0/12 is none, and servers and their metadata are out of its reach, got "172.0.0.0/8"; name the peer\'s public addresses',
  ],
  [
    { application: { egress: [{ cidr: "128.0.0.0/1", ports: [443] }] } },
    'application.egress[0].cidr: must not be wider than /8, but for 0.0.0.0/0 and ::/0, got "128.0.0.0/1"; name the networks that are needed, or everything',
  ],
  [
    { application: { egress: [{ cidr: "198.51.100.7", ports: [443] }] } },
    'application.egress[0].cidr: must be in CIDR notation, got "198.51.100.7"; write it as 198.51.100.7/32',
  ],
  [
    { application: { egress: [{ cidr: "198.51.100.7/24", ports: [443] }] } },
    'application.egress[0].cidr: must have no bits set behind its prefix, in its shortest form, got "198.51.100.7/24"; write it as 198.51.100.0/24',
  ],
  [
    { application: { egress: [{ cidr: "api.payment.com", ports: [443] }] } },
    'application.egress[0].cidr: must be a network in CIDR notation, got "api.payment.com"; write it as 198.51.100.7/32 or 2001:db8:1::/48',
  ],
  [
    { application: { egress: [{ cidr: "198.51.100.7/32", ports: [53] }] } },
    "application.egress[0].ports[0]: must be no port of name servers, by which data could leave unseen, got 53; remove it: peers are known by address",
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
    'application.egress[1].cidr: must be listed once, got "198.51.100.7/32"; put its ports into one list',
  ],
  [
    { application: { egress: peers(4) } },
    `application.egress: must name at most 30 ports in all, since Hetzner's firewall takes a rule for each, got ${JSON.stringify(peers(4)).slice(0, 80)}…; name fewer, or wider networks`,
  ],
  [
    { application: { egress: [{ cidr: "198.51.100.7/32", ports: [] }] } },
    "application.egress[0].ports: must have at least 1 entry, got []; add one",
  ],
]);
