import { expect, it } from "vitest";
import { edgeConfig, type EdgeProps } from "../../lab/stand-ins/edge/edge.js";

const props: EdgeProps = {
  addresses: { ipv4: "173.245.48.10", ipv6: "2400:cb00::10" },
  origins: [
    { name: "balancer", ipv4: "192.0.2.80", ipv6: "2001:db8:0:80::1" },
    { name: "balancer-2", ipv4: "192.0.2.81", ipv6: "2001:db8:0:81::1" },
  ],
  certificateBundle: "/lab/edge.pem",
  originCa: "/lab/origin-ca.pem",
  leadsFile: "/lab/edge-leads.map",
  minimumTlsVersion: "1.2",
  hsts: { maxAgeSeconds: 300, includeSubdomains: false, preload: true },
};

/** Returns one word of each configuration line that begins with this keyword. */
const namesOf = (keyword: string, index = 1): string[] =>
  edgeConfig(props)
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line.startsWith(`${keyword} `))
    .map((line) => line.split(" ")[index] ?? "");

it("with the default configuration, the emulated edge never retries a request", () => {
  expect(namesOf("retries")).toEqual(["0"]);
});

it("the emulated edge listens on the standard ports, and has a backend for each load balancer and address family", () => {
  const addresses = ["173.245.48.10", "[2400:cb00::10]"];
  expect(namesOf("bind")).toEqual([80, 443].flatMap((port) => addresses.map((address) => `${address}:${port}`)));
  const families = ["ipv4", "ipv6"];
  expect(namesOf("backend")).toEqual(
    families.flatMap((family) => ["balancer", "balancer-2"].map((name) => `${name}_${family}`)),
  );
  expect(namesOf("server", 2)).toEqual([
    ...["192.0.2.80:443", "192.0.2.81:443", "[2001:db8:0:80::1]:443", "[2001:db8:0:81::1]:443"],
  ]);
});

it.each([
  [0, undefined],
  [300, 'Strict-Transport-Security "max-age=300; preload"'],
])("the emulated edge sends nosniff and HSTS with the zone's maximum age: %i s", (maxAgeSeconds, header) => {
  const config = edgeConfig({ ...props, hsts: { ...props.hsts, maxAgeSeconds } });
  if (header === undefined) return expect(config).not.toMatch(/Strict-Transport-Security|X-Content-Type-Options/);
  expect(config).toContain(header);
  expect(config).toContain("http-after-response set-header X-Content-Type-Options nosniff");
});
