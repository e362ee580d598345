import { expect, it } from "vitest";
import { server } from "../../lab/network/addresses.js";
import { providerFirewall } from "../../lab/network/provider-firewall.js";

const host = server("alpha", 0, "10.0.1.11");
const text = providerFirewall([
  {
    host,
    rules: [
      { direction: "in", protocol: "tcp", port: "22", sourceIps: ["198.51.100.0/24", "2001:db8::/32"] },
      { direction: "out", protocol: "icmp", destinationIps: ["0.0.0.0/0", "::/0"] },
      { direction: "out", protocol: "udp", port: "53", destinationIps: ["185.12.64.1/32"] },
    ],
  },
]);
const chain = (name: string): string[] => {
  const [, lines = ""] = new RegExp(`chain ${name} \\{\\n([^}]*(?:\\{[^}]*\\}[^}]*)*?)\\n  \\}`).exec(text) ?? [];
  return lines.split("\n").map((line) => line.trim());
};

it("the emulated provider firewall has a line for each rule and address family, and drops all other traffic", () => {
  expect(chain("alpha_in")).toEqual([
    "ip saddr { 198.51.100.0/24 } tcp dport 22 return",
    "ip6 saddr { 2001:db8::/32 } tcp dport 22 return",
    "drop",
  ]);
  expect(chain("alpha_out")).toEqual([
    "ip daddr { 0.0.0.0/0 } meta l4proto icmp return",
    "ip6 daddr { ::/0 } meta l4proto ipv6-icmp return",
    "ip daddr { 185.12.64.1/32 } udp dport 53 return",
    "drop",
  ]);
});

it.each(["forward", "input"])(
  "the emulated provider firewall filters only the public addresses of servers, not their private addresses (%s)",
  (hook) => {
    expect(chain(hook)).toEqual([
      `type filter hook ${hook} priority 10; policy accept;`,
      "ct state established,related accept",
      "ip daddr 169.254.169.254 accept",
      "icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert, nd-router-solicit, nd-router-advert } accept",
      "ip saddr 192.0.2.11 jump alpha_out",
      "ip daddr 192.0.2.11 jump alpha_in",
      "ip6 saddr 2001:db8:0:11::/64 jump alpha_out",
      "ip6 daddr 2001:db8:0:11::/64 jump alpha_in",
    ]);
    expect(text).not.toContain("10.0.1.");
  },
);

it("the emulated provider firewall replaces all old rules each time it is loaded", () => {
  expect(text).toMatch(/^table inet provider\ndelete table inet provider\ntable inet provider \{/);
});
