import { expect, it } from "vitest";
import { exampleMove } from "../../../support/config.js";
import { linesOf } from "../mistake.js";
import { refused } from "./refused.js";

const moved = exampleMove;
const { formerly } = exampleMove.loadBalancer;

refused("domain and zone", [
  [
    { domain: "www.foobar.com" },
    'domain: must be the registered domain, without www, got "www.foobar.com"; write it as "foobar.com"',
  ],
  [{ domain: "FooBar.com" }, 'domain: must be lower case, got "FooBar.com"; write it as "foobar.com"'],
  [
    { domain: "https://foobar.com" },
    'domain: must be a domain name, got "https://foobar.com"; write it as "foobar.com", without scheme, path and trailing dot',
  ],
  [
    { domain: `${"a".repeat(61)}.com` },
    `domain: must have at most 64 characters, got "${"a".repeat(61)}.com"; use a shorter domain, because certificates do not allow longer names`,
  ],
  [
    { domain: "foobar" },
    'domain: must be a domain name, got "foobar"; write it as "foobar.com", without scheme, path and trailing dot',
  ],
  [
    { cloudflare: { zoneName: "example.com" } },
    'cloudflare.zoneName: must be the zone that contains domain (foobar.com), got "example.com"; write "foobar.com" or a parent of it, or remove the setting',
  ],
  [
    { ...moved, certificate: {} },
    "certificate.generation: must be raised by one if the domain changes, because the new domain needs a new certificate, got 1; write 2",
  ],
  [
    { ...moved, domain: "shop.foobar.com", cloudflare: { number: 2, zoneName: "foobar.com" } },
    'loadBalancer.formerly.domain: must be in another zone than domain (shop.foobar.com), because a zone has only one set of rules, got "foobar.com"; remove loadBalancer.formerly, and change the domain manually: docs/changes.md, "Within one zone"',
  ],
  [
    { ...moved, loadBalancer: { number: 2, formerly: { ...formerly, zoneName: "example.org" } } },
    'loadBalancer.formerly.zoneName: must be the zone that contains loadBalancer.formerly.domain (foobar.com), got "example.org"; write "foobar.com" or a parent of it, or remove the setting',
  ],
  [
    {
      ...moved,
      domain: "foobar.com",
      loadBalancer: { number: 2, formerly: { ...formerly, zoneName: "foobar.com" } },
    },
    'loadBalancer.formerly.zoneName: must be combined with a loadBalancer.formerly.domain that differs from domain, got "foobar.com"; remove loadBalancer.formerly.zoneName',
  ],
  [
    { ...moved, loadBalancer: { number: 2, formerly: { ...formerly, domain: "www.foobar.com" } } },
    'loadBalancer.formerly.domain: must be the registered domain, without www, got "www.foobar.com"; write it as "foobar.com"',
  ],
  [{ cloudflare: { number: 3 } }, "cloudflare.number: must be one of 1, 2, got 3; choose one of them"],
  [
    { cloudflare: { hsts: { preload: true, maxAgeSeconds: 300 } } },
    'cloudflare.hsts.preload: requires includeSubdomains and a maxAgeSeconds of at least 31536000, got {"maxAgeSeconds":300,"includeSubdomains":true,"preload":true}; raise maxAgeSeconds and include subdomains, or set preload to false',
  ],
]);

refused("the certificate", [
  [
    { certificate: { validityDays: 180 } },
    "certificate.validityDays: must be one of 7, 30, 90, 365, 730, 1095, 5475, got 180; choose one of them",
  ],
  [{ certificate: { generation: 0 } }, "certificate.generation: must be 1 or more, got 0; raise it to 1"],
]);

it("reports everything that is wrong with a change of the domain at once", () => {
  const wrong = {
    ...moved,
    domain: "shop.foobar.com",
    cloudflare: { zoneName: "foobar.com" },
    network: {},
    certificate: {},
  };
  expect(linesOf(wrong).map((line) => line.split(":")[0])).toEqual([
    "network.balancerIp",
    "loadBalancer.formerly.domain",
    "certificate.generation",
  ]);
  expect(linesOf(moved)).toEqual([]);
});

it("accepts a zone with the domain's name, and a previous domain below its zone", () => {
  expect(linesOf({ cloudflare: { zoneName: "foobar.com" } })).toEqual([]);
  const shop = { ...formerly, domain: "shop.foobar.com", zoneName: "foobar.com" };
  expect(linesOf({ ...moved, loadBalancer: { number: 2, formerly: shop } })).toEqual([]);
});
