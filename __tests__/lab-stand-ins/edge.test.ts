import { request } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hasTool } from "../support/tools.js";
import { deadAddress, EdgeOnLoopback } from "./support/edge.js";

const present = hasTool("haproxy", "what the lab's edge does to a request") && hasTool("openssl", "the lab's edge");

describe.runIf(present)("the edge with the secret header", () => {
  const edge = new EdgeOnLoopback();
  beforeAll(() => edge.start(), 60_000);
  afterAll(() => edge.stop());

  it("the emulated edge sends the visitor's address, the scheme and the secret to the origin, even if the visitor forges these headers", async () => {
    const claims = { "CF-Connecting-IP": "6.6.6.6", "X-Edge-Token": "guess", "X-Forwarded-Proto": "http" };
    const answer = await edge.get("/claims", claims);
    const seen = edge.seen.at(-1);
    expect(answer.status).toBe(200);
    expect(seen?.serverName).toBe("www.foobar.com");
    expect(seen?.headers).toMatchObject({
      host: "www.foobar.com",
      "cf-connecting-ip": "127.0.0.1",
      "cf-visitor": '{"scheme":"https"}',
      "x-edge-token": "the-secret",
      "x-forwarded-for": "127.0.0.1",
      "x-forwarded-proto": "https",
    });
    expect(seen?.headers["cf-ray"]).toBe(answer.headers["cf-ray"]);
    expect(answer.headers["cf-ray"]).toMatch(/^[0-9a-f]{16}-LAB$/);
  });

  it("the emulated edge sends the visitor's IPv6 address to the origin", async () => {
    await edge.get("/six", {}, { address: "::1" });
    expect(edge.seen.at(-1)?.headers["cf-connecting-ip"]).toBe("::1");
  });

  it("the emulated edge adds HSTS to responses", async () => {
    const { headers } = await edge.get("/");
    expect(headers["strict-transport-security"]).toBe("max-age=300; includeSubDomains");
  });

  it("the emulated edge accepts HTTP/2 from visitors", async () => {
    expect(await edge.getHttp2("/")).toBe(200);
  });

  it("the emulated edge redirects plain HTTP to the same address over HTTPS", async () => {
    const location = await new Promise((resolve, reject) => {
      const options = {
        host: "127.0.0.1",
        port: edge.httpPort,
        path: "/a?b=c",
        headers: { host: "foobar.com" },
        agent: false,
      };
      request(options, (answer) => resolve(`${answer.statusCode} ${answer.resume().headers.location}`))
        .on("error", reject)
        .end();
    });
    expect(location).toBe("301 https://foobar.com/a?b=c");
  });

  it("the emulated edge does not repeat a request if the origin closes the connection", async () => {
    edge.seen.length = 0;
    expect((await edge.get("/breaks")).status).toBe(502);
    expect(edge.seen).toHaveLength(1);
  });

  it("the emulated edge redirects a redirected name to the same path on its target without contacting the origin", async () => {
    edge.seen.length = 0;
    const host = "www.foobar.net";
    const asked = () => edge.get("/a/b?c=d&e", { host }, { serverName: host });
    expect(await asked()).toMatchObject({
      status: 308,
      headers: {
        location: "https://www.foobar.com/a/b?c=d&e",
        "strict-transport-security": "max-age=300; includeSubDomains",
      },
    });
    await edge.lead(host, "307|https://www.foobar.com");
    expect((await asked()).status).toBe(307);
    await edge.lead(host, "none");
    expect((await asked()).status).toBe(503);
    expect(edge.seen).toEqual([]);
  });

  it("the emulated edge can change the target of a host name while it runs", async () => {
    await edge.lead("www.foobar.com", "307|https://www.foobar.net");
    expect((await edge.get("/")).headers["location"]).toBe("https://www.foobar.net/");
    await edge.lead("www.foobar.com", "balancer");
    expect((await edge.get("/")).status).toBe(200);
  });

  it("the emulated edge rejects a visitor's TLS connection for a host name outside the zone", async () => {
    await expect(edge.get("/", {}, { serverName: "www.other.example" })).rejects.toThrow(/alert/);
  });
});

describe.runIf(present)("the edge with origin pulls and only TLS 1.3", () => {
  const edge = new EdgeOnLoopback();
  beforeAll(
    () => edge.start((bundle) => ({ header: undefined, clientBundle: bundle, minimumTlsVersion: "1.3" })),
    60_000,
  );
  afterAll(() => edge.stop());

  it("if the origin requires client certificates, the emulated edge sends its client certificate but no secret header", async () => {
    await edge.get("/");
    expect(edge.seen.at(-1)?.clientName).toBe("origin-pull");
    expect(edge.seen.at(-1)?.headers).not.toHaveProperty("x-edge-token");
  });

  it("the emulated edge rejects a visitor whose TLS version is older than the zone allows", async () => {
    await expect(edge.get("/", {}, { maxVersion: "TLSv1.2" })).rejects.toThrow(/alert protocol version/);
  });
});

describe.runIf(present)("the edge with an origin whose certificate has a wrong name", () => {
  const edge = new EdgeOnLoopback();
  beforeAll(() => edge.start(undefined, "www.other.example"), 60_000);
  afterAll(() => edge.stop());

  it("the emulated edge returns 503 and sends no request to an origin whose certificate has a wrong name", async () => {
    expect((await edge.get("/")).status).toBe(503);
    expect(edge.seen).toEqual([]);
  });
});

describe.runIf(present)("the edge with two balancers, one of which accepts no connection", () => {
  const edge = new EdgeOnLoopback();
  beforeAll(
    () => edge.start(() => ({ second: { name: "balancer-second", ipv4: deadAddress, ipv6: deadAddress } })),
    60_000,
  );
  afterAll(() => edge.stop());

  const statusesTowards = async (lead: string): Promise<readonly number[]> => {
    await edge.lead("www.foobar.com", lead);
    const answers = await Promise.all(Array.from({ length: 30 }, () => edge.get("/")));
    return [...new Set(answers.map(({ status }) => status))].sort();
  };

  it("if one of two load balancers accepts no connection, the emulated edge answers every request if it retries on the other one", async () => {
    expect(await statusesTowards("both-balancer")).toEqual([200]);
  });

  it("if one of two load balancers accepts no connection and the emulated edge does not retry, a part of the requests fails", async () => {
    expect(await statusesTowards("both-once-balancer")).toEqual([200, 503]);
  });

  it("the emulated edge uses only the load balancer in the DNS records", async () => {
    expect(await statusesTowards("balancer")).toEqual([200]);
    expect(await statusesTowards("balancer-second")).toEqual([503]);
  });
});
