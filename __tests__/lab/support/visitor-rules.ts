import { expect, it } from "vitest";
import { client } from "../../../lab/network/addresses.js";
import type { Lab } from "../../../lab/lab.js";
import { siteHosts } from "../../../modules/platform/names.js";
import { accessLogLine, answeringServers, shownOn, visit, write } from "./visits.js";

/**
 * Defines the tests of the site's behavior for visitors. The tests are the same in both TLS modes.
 * @param asTheEdge returns curl arguments that send a request to the load balancer like Cloudflare's edge, over a new connection. The
 * lab's edge would send all requests over one connection. In `passthrough` mode, such a connection reaches only one server.
 */
export function visitorRules(lab: () => Lab, asTheEdge: () => readonly string[]): void {
  it.each(["--ipv4", "--ipv6"])(
    "a visitor receives a page over HTTP/2 with a verified certificate chain (%s)",
    async (family) => {
      const page = await visit(lab(), family, lab().url());
      expect(page).toMatchObject({ status: 200, httpVersion: "2", verifyResult: 0 });
      expect(page.headers["content-type"]).toMatch(/^text\/html/);
      expect(page.body).toContain("<html");
    },
  );

  it("every host name of the site redirects visitors from HTTP to HTTPS", async () => {
    for (const host of siteHosts(lab().blueprint.environment.config)) {
      const { status, redirect } = await visit(lab(), `http://${host}/a?b=c`);
      expect({ status, redirect }).toEqual({ status: 301, redirect: `https://${host}/a?b=c` });
    }
  });

  it("a visitor can reach every server through the emulated edge", async () => {
    const names = lab().machines.map(({ name }) => name);
    expect([...(await answeringServers(lab(), asTheEdge()))].sort()).toEqual(names.sort());
  });

  it("a visitor can read its own write from every server", async () => {
    const text = `read-me-everywhere-${Date.now()}`;
    await write(lab(), text);
    for (const machine of lab().machines) await shownOn(lab(), machine, text);
  });

  it("a response to a visitor contains each security header once and no header that reveals the server's software", async () => {
    const { headers } = await visit(lab(), lab().url());
    const { maxAgeSeconds } = lab().blueprint.environment.config.cloudflare.hsts;
    expect(headers).toMatchObject({
      "strict-transport-security": `max-age=${maxAgeSeconds}; includeSubDomains`,
      "x-content-type-options": "nosniff",
      "x-frame-options": "DENY",
      "referrer-policy": "strict-origin-when-cross-origin",
      "cross-origin-opener-policy": "same-origin",
    });
    expect(headers["content-security-policy"]).toMatch(/^default-src 'self'; .*frame-ancestors 'none'$/);
    expect(headers["x-request-id"]).toMatch(/^[0-9a-f]{32}$/);
    expect(headers["server"]).toBe("cloudflare");
    expect(headers).not.toHaveProperty("x-powered-by");
  });

  it.each(["1.2", "1.3"])("the site accepts visitors' connections with TLS %s", async (version) => {
    expect((await visit(lab(), `--tlsv${version}`, "--tls-max", version, lab().url())).status).toBe(200);
  });

  it("the site rejects visitors' connections with TLS 1.1", async () => {
    const old = ["--tlsv1.0", "--tls-max", "1.1", "--ciphers", "DEFAULT@SECLEVEL=0"];
    const { ok, stderr } = await lab().visitor.tryCurl(...old, lab().url());
    expect(ok).toBe(false);
    expect(stderr).toMatch(/alert protocol version/);
  });

  it.each([
    ["--ipv4", client.publicIpv4],
    ["--ipv6", client.publicIpv6],
  ])("nginx's access log contains the visitor's own address (%s)", async (family, address) => {
    const { headers } = await visit(lab(), family, "--header", "CF-Connecting-IP: 192.0.2.66", lab().url());
    const id = headers["x-request-id"] ?? "";
    expect(await accessLogLine(lab(), id)).toMatchObject({ request_id: id, network: { client: { ip: address } } });
  });
}

/** Returns curl arguments that bypass the edge, connect directly to the load balancer and accept any certificate. */
export const pastTheEdge = (lab: Lab, family: "ipv4" | "ipv6"): string[] => {
  const { publicIpv4, publicIpv6 } = lab.blueprint.environment.balancer;
  const address = family === "ipv4" ? publicIpv4 : `[${publicIpv6}]`;
  return [
    "--insecure",
    ...siteHosts(lab.blueprint.environment.config).flatMap((host) => ["--resolve", `${host}:443:${address}`]),
  ];
};
