import { describe, expect, it } from "vitest";
import { edgeConfig, type EdgeProps } from "../../lab/stand-ins/edge/edge.js";

const props: EdgeProps = {
  addresses: { ipv4: "173.245.48.10", ipv6: "2400:cb00::10" },
  origins: [{ name: "balancer", ipv4: "192.0.2.80", ipv6: "2001:db8:0:80::1" }],
  certificateBundle: "/lab/edge.pem",
  originCa: "/lab/origin-ca.pem",
  leadsFile: "/lab/edge-leads.map",
  header: { name: "X-Edge-Token", tokenFile: "/lab/edge-token.map" },
  minimumTlsVersion: "1.2",
  hsts: { maxAgeSeconds: 31536000, includeSubdomains: true, preload: false },
};

/** Lines of the configuration that begin with a keyword, without indentation. */
const lines = (config: string, keyword: string): string[] =>
  config
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line.startsWith(`${keyword} `));

describe("the edge's default configuration", () => {
  const config = edgeConfig(props);

  it("the edge accepts HTTP and HTTPS on both addresses", () => {
    const tls = "ssl crt /lab/edge.pem strict-sni alpn h2,http/1.1 ssl-min-ver TLSv1.2";
    expect(lines(config, "bind")).toEqual([
      "bind 173.245.48.10:80",
      "bind [2400:cb00::10]:80",
      `bind 173.245.48.10:443 name ipv4 ${tls}`,
      `bind [2400:cb00::10]:443 name ipv6 ${tls}`,
    ]);
  });

  it("the edge connects to port 443 on both addresses of the balancer with verified TLS", () => {
    const tls =
      "tcp-ut 90s ssl verify required ca-file /lab/origin-ca.pem sni req.hdr(host),field(1,:) alpn h2,http/1.1";
    expect(lines(config, "server")).toEqual([
      `server balancer 192.0.2.80:443 ${tls}`,
      `server balancer [2001:db8:0:80::1]:443 ${tls}`,
    ]);
  });

  it("the edge's default configuration has a separate backend for each balancer and address family", () => {
    const second = { name: "balancer-2", ipv4: "192.0.2.81", ipv6: "2001:db8:0:81::1" };
    const two = edgeConfig({ ...props, origins: [...props.origins, second] });
    expect(lines(two, "backend")).toEqual([
      "backend balancer_ipv4",
      "backend balancer-2_ipv4",
      "backend balancer_ipv6",
      "backend balancer-2_ipv6",
    ]);
    expect(lines(two, "server").map((line) => line.split(" ")[2])).toEqual([
      "192.0.2.80:443",
      "192.0.2.81:443",
      "[2001:db8:0:80::1]:443",
      "[2001:db8:0:81::1]:443",
    ]);
  });

  it("the edge retries once on the other address, and only in the pool with a retry", () => {
    const second = { name: "balancer-second", ipv4: "192.0.2.82", ipv6: "2001:db8:0:82::1" };
    const sections = edgeConfig({ ...props, second }).split(/^(?=backend )/m);
    const pool = (name: string): string => sections.find((text) => text.startsWith(`backend ${name}\n`)) ?? "";
    for (const name of ["both-balancer", "both-once-balancer"])
      expect(lines(pool(name), "server").map((line) => line.split(" ")[2])).toEqual([
        "192.0.2.80:443",
        "192.0.2.82:443",
      ]);
    expect(pool("both-balancer")).toMatch(/retries 1\n {2}option redispatch 1\n/);
    expect(pool("both-once-balancer")).not.toMatch(/retries|redispatch/);
    expect(sections.join("")).toContain("timeout connect 19s");
  });

  it("the edge's default configuration never retries a request", () => {
    expect(lines(config, "retries")).toEqual(["retries 0"]);
    expect(config).not.toMatch(/retry-on|redispatch/);
  });

  it("the edge reads the secret header's value from a separate file", () => {
    expect(config).toContain("http-request set-header X-Edge-Token %[str(token),map_str(/lab/edge-token.map)]");
  });

  it("the edge sends HSTS as configured for the zone, and nosniff", () => {
    expect(config).toContain("http-after-response set-header X-Content-Type-Options nosniff");
    expect(config).toContain('Strict-Transport-Security "max-age=31536000; includeSubDomains"');
  });
});

it("the edge without HSTS sends neither HSTS nor nosniff", () => {
  const config = edgeConfig({ ...props, hsts: { ...props.hsts, maxAgeSeconds: 0 } });
  expect(config).not.toMatch(/Strict-Transport-Security|X-Content-Type-Options/);
});

describe("the edge's configuration with all settings", () => {
  const config = edgeConfig({
    ...props,
    header: undefined,
    clientBundle: "/lab/edge-client.pem",
    minimumTlsVersion: "1.3",
    hsts: { maxAgeSeconds: 300, includeSubdomains: false, preload: true },
    httpPort: 8080,
    httpsPort: 8443,
    originPort: 9443,
  });

  it("the edge sends the client certificate to the origin, but no secret header", () => {
    expect(lines(config, "server")).toHaveLength(2);
    for (const server of lines(config, "server")) expect(server).toMatch(/:9443 .* crt \/lab\/edge-client\.pem$/);
    expect(config).not.toContain("edge-token.map");
  });

  it("the edge uses the configured ports, TLS version and HSTS values", () => {
    const binds = lines(config, "bind");
    expect(binds.filter((line) => line.includes(":8080"))).toHaveLength(2);
    expect(binds.filter((line) => line.includes(":8443") && line.endsWith("ssl-min-ver TLSv1.3"))).toHaveLength(2);
    expect(config).toContain('Strict-Transport-Security "max-age=300; preload"');
  });
});
