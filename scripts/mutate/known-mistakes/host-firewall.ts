import type { KnownMistakes } from "../mutation.js";

export const hostFirewall: KnownMistakes = {
  "sysctl.conf": [
    ["net.ipv4.conf.all.rp_filter = 1", "net.ipv4.conf.all.rp_filter = 0", "private addresses from outside"],
    [
      "net.ipv4.conf.all.accept_redirects = 0",
      "net.ipv4.conf.all.accept_redirects = 1",
      "routes are changed from outside",
    ],
    [
      "net.ipv4.conf.default.rp_filter = 1",
      "net.ipv4.conf.default.rp_filter = 2",
      "private addresses from outside on a later interface",
    ],
    [
      "net.ipv4.ip_nonlocal_bind = 1",
      "net.ipv4.ip_nonlocal_bind = 0",
      "services fail while the private address is late",
    ],
    [
      "net.ipv4.conf.all.accept_source_route = 0",
      "net.ipv4.conf.all.accept_source_route = 1",
      "a sender chooses the way",
    ],
  ],
  "nftables.conf.hbs": [
    [
      "type filter hook input priority filter; policy drop;",
      "type filter hook input priority filter; policy accept;",
      "open",
    ],
    [
      "type filter hook output priority filter; policy drop;\n",
      "type filter hook output priority filter; policy accept;\n",
      "open",
    ],
    [
      "ct state established tcp flags & (syn | ack) != syn accept",
      "ct state established accept",
      "datagrams of another user's talk pass",
    ],
    [
      "type filter hook forward priority filter; policy drop;",
      "type filter hook forward priority filter; policy accept;",
      "a router",
    ],
    ["ct state established ct direction reply accept", "ct state established accept", "another user's talk goes on"],
    ["\t\tiif lo accept\n", "\t\taccept\n", "open"],
    ["flush ruleset\n", "", "rules pile up"],
    ["169.254.0.0/16, ", "", "everybody asks the metadata service"],
    [
      "ip daddr 127.0.0.0/8 meta skuid { {{withoutNames}} } meta l4proto { tcp, udp } th dport {{dnsPort}} goto refuse\n",
      "",
      "data leave by queries",
    ],
  ],
  "service.conf.hbs": [
    ["RequiredBy={{services}}", "WantedBy={{services}}", "services without a firewall"],
    ["ExecStop=\n", "", "a shutdown opens the server"],
    ["RefuseManualStop=yes\n", "", "a restart stops every service"],
  ],
  "setup-host-firewall": [
    ["nft --check --file /etc/nftables.conf\n", "", "rules that nft refuses"],
    ["reload-or-restart nftables", "restart nftables", "a moment without rules"],
  ],
  "check-host-firewall": [
    ['|| want="not valid"', "|| exit 0", "a broken file is no fault"],
    ["unshare --net sh", "sh", "the check changes the rules"],
  ],
  "resolved.conf.hbs": [
    ["FallbackDNS=\n", "", "names are asked of somebody else"],
    ["LLMNR=no", "LLMNR=yes", "neighbours answer for names"],
  ],
};
