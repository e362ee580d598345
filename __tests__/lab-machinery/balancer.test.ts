import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { haproxyConfig } from "../../lab/balancer/haproxy.js";
import { balancer, server } from "../../lab/network/addresses.js";
import { balancerDefinition } from "../../modules/derived/balancer.js";
import { exampleConfig, type Overrides } from "../support/config.js";
import type { EnvironmentInput } from "../../modules/config/schema.js";
import { hasTools, runTool } from "../support/tools.js";

const configFor = (
  tls: "terminate" | "passthrough",
  certificateBundle = "/lab/balancer.pem",
  overrides: Overrides<EnvironmentInput> = {},
): string =>
  haproxyConfig({
    definition: balancerDefinition(exampleConfig({ tls, ...overrides })),
    host: balancer("10.0.1.5"),
    targets: [server("alpha", 0, "10.0.1.11"), server("bravo", 1, "10.0.1.12")],
    certificateBundle,
    socket: "/lab/balancer.sock",
  });

describe("terminate", () => {
  const config = configFor("terminate");

  it("the emulated load balancer terminates TLS on both public addresses in terminate mode", () => {
    expect(config).toContain("bind 192.0.2.80:443 ssl crt /lab/balancer.pem alpn h2,http/1.1");
    expect(config).toContain("bind [2001:db8:0:80::1]:443 ssl crt /lab/balancer.pem alpn h2,http/1.1");
  });

  it("the emulated load balancer redirects plain HTTP to HTTPS in terminate mode", () => {
    expect(config).toContain("bind 192.0.2.80:80\n");
    expect(config).toContain("http-request redirect scheme https code 301");
  });

  it("the emulated load balancer forwards plain HTTP to private addresses in terminate mode", () => {
    expect(config).toContain("server alpha 10.0.1.11:80 track check_https_443/alpha\n");
    expect(config).toContain("server bravo 10.0.1.12:80 track check_https_443/bravo\n");
  });
});

describe("passthrough", () => {
  const config = configFor("passthrough");

  it("the emulated load balancer forwards TLS with the PROXY protocol in passthrough mode", () => {
    expect(config).toContain("mode tcp");
    expect(config).toContain("server alpha 10.0.1.11:443 track check_tcp_443/alpha send-proxy-v2\n");
    expect(config).not.toContain(" ssl ");
  });

  it("the emulated load balancer does not listen on port 80 in passthrough mode", () => {
    expect(config).not.toMatch(/bind .*:80\n/);
  });
});

describe.each(["terminate", "passthrough"] as const)("the emulated balancer in %s mode", (tls) => {
  it("the emulated load balancer sends health checks with the configured path and host", () => {
    expect(configFor(tls)).toContain("http-check send meth GET uri /healthz ver HTTP/1.1 hdr Host www.foobar.com");
    expect(configFor(tls)).toContain("default-server check inter 3s fall 1 rise 1 port 80");
  });

  it("after a target was drained, the emulated load balancer needs as many successful checks as it needed failed checks to drain it", () => {
    const config = configFor(tls, "/lab/balancer.pem", { loadBalancer: { healthCheck: { retries: 3 } } });
    expect(config).toContain("fall 3 rise 3");
  });

  it("the emulated load balancer never retries a request on another server", () => {
    expect(configFor(tls)).toContain("retries 0");
    expect(configFor(tls)).not.toMatch(/option redispatch|retry-on/);
  });
});

const possible = hasTools(["haproxy", "openssl"], "the configuration of the emulated balancer");
it.runIf(possible).each(["terminate", "passthrough"] as const)(
  "HAProxy accepts the configuration of the emulated load balancer in %s mode",
  async (tls) => {
    const directory = await mkdtemp(path.join(tmpdir(), "balancer-"));
    const [bundle, file] = [path.join(directory, "bundle.pem"), path.join(directory, "haproxy.cfg")];
    const subject = ["-x509", "-nodes", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-subj", "/CN=lab"];
    expect(runTool("openssl", ["req", ...subject, "-keyout", bundle, "-out", `${bundle}.crt`]).status).toBe(0);
    await writeFile(file, configFor(tls, bundle));
    const certificate = runTool("sh", ["-c", `cat ${bundle}.crt >> ${bundle}`]);
    expect(certificate.status).toBe(0);
    expect(runTool("haproxy", ["-c", "-f", file])).toMatchObject({ status: 0 });
    await rm(directory, { recursive: true });
  },
);
