import { describe, expect, it } from "vitest";
import { nginxPart } from "../../../../../modules/machine/parts/nginx/index.js";
import { exampleConfig } from "../../../../support/config.js";
import { partOf } from "../../../../support/payload-files.js";
import { hasToolInNetwork } from "../../../../support/tools.js";
import { besideEachOther, bothModes, inNetwork, linesOf, passthrough, terminate } from "./running.js";

describe.runIf(hasToolInNetwork("nginx", "nginx configuration", "-nu"))("access to nginx", besideEachOther, () => {
  it("in terminate mode, nginx rejects requests without a valid edge token, requests for other hosts and requests from other clients", async () => {
    const output = await inNetwork(
      terminate,
      `application
       ask http://10.0.1.11/; ask -H "X-Edge-Token: ${"1".repeat(64)}" http://10.0.1.11/; ask -H "X-Edge-Token;" http://10.0.1.11/
       ask -H "X-Edge-Token: ${"a".repeat(64)}" http://10.0.1.11/; ask -H "X-Edge-Token: ${"A".repeat(64)}" http://10.0.1.11/
       ask -H "X-Edge-Token: ${"0".repeat(64)}${"a".repeat(64)}" http://10.0.1.11/
       ask -H 'Content-Length: 9000000' -X POST http://10.0.1.11/; ask http://10.0.1.11/readyz
       visitor -o /dev/null -w '%{http_code}\n' /; host=foobar.com visitor -o /dev/null -w '%{http_code}\n' /
       host=other.test visitor -o /dev/null -w '%{http_code}\n' /; host=other.test ask http://10.0.1.11/healthz
       told() { curl -s -H "X-Edge-Token: $1" http://127.0.0.1:8081/edge-token; echo; }; told ${"a".repeat(64)}; told ${"b".repeat(64)}
       from=10.0.1.6 curl -s -o /dev/null -w '%{http_code}\n' http://127.0.0.1/; cat $folder/error.log`,
    );
    expect(linesOf(output).join(" ")).toBe("403 403 403 200 403 403 403 403 200 200 421 421 1 0 000");
  });

  it("nginx serves the longest allowed domain with the longest allowed path of a health check", async () => {
    const domain = `${"a".repeat(60)}.com`;
    const output = await inNetwork(
      partOf(nginxPart, exampleConfig({ domain, application: { healthPath: `/${"h".repeat(99)}` } })),
      `application; host=www.${domain} visitor -o /dev/null -w '%{http_code}\n' /`,
    );
    expect(linesOf(output)).toEqual(["200"]);
  });

  it("in passthrough mode, nginx serves only clients with the edge's certificate, and only the site's host names", async () => {
    const output = await inNetwork(
      passthrough,
      `application
       ask http://10.0.1.11/healthz; ask http://10.0.1.11/; host=other.test ask http://10.0.1.11/
       visitor -o /dev/null -w '%{http_code}\n' /; host=foobar.com visitor -o /dev/null -w '%{http_code}\n' /
       host=other.test visitor -o /dev/null /; echo "curl $?"; curl -sk -o /dev/null https://127.0.0.1/; echo "curl $?"`,
    );
    expect(linesOf(output)).toEqual(["200", "421", "421", "200", "200", "curl 35", "curl 7"]);
  });

  it("in passthrough mode, nginx accepts client certificates of both authorities during a rotation, and then only of the new authority", async () => {
    const output = await inNetwork(
      passthrough,
      `application
       certificate ec -pkeyopt ec_paramgen_curve:P-256 -subj /CN=second -keyout $tls/second.key -out $tls/second.pem
       as() { request -o /dev/null -w '%{http_code}' --haproxy-protocol --cert $tls/$1.pem --key $tls/$1.key https://10.0.1.11/; }
       both() { echo "$(as origin) $(as second)"; }
       trust() {
         (cd $tls && cat "$@") >$tls/trusted && mv $tls/trusted $tls/origin-pull-ca.pem
         kill -HUP "$(cat $folder/nginx.pid)"
       }
       both; trust origin.pem second.pem; until [ "$(as second)" = 200 ]; do sleep 0.1; done
       both; trust second.pem; until [ "$(as origin)" = 000 ]; do sleep 0.1; done
       both`,
    );
    expect(linesOf(output)).toEqual(["200 000", "200 200", "000 200"]);
  });

  it("in passthrough mode, nginx sends no response to clients without TLS, without a certificate or with a foreign certificate", async () => {
    const requests = [
      "https://10.0.1.11/",
      "--tls-max 1.2 https://10.0.1.11/",
      "--cert $tls/foreign.pem --key $tls/foreign.key https://10.0.1.11/",
      "http://10.0.1.11:443/",
      "-H Host:other.test http://10.0.1.11:443/",
    ];
    const output = await inNetwork(
      passthrough,
      `application
       certificate ec -pkeyopt ec_paramgen_curve:P-256 -subj /CN=foreign -keyout $tls/foreign.key -out $tls/foreign.pem
       ${requests.map((request) => `request -w 'status %{http_code}' --haproxy-protocol ${request}; echo ", curl $?"`).join("\n")}`,
    );
    expect(linesOf(output)).toEqual(requests.map(() => "status 000, curl 56"));
  });

  it.each(["ec -pkeyopt ec_paramgen_curve:P-256", "rsa:2048"])(
    "nginx accepts TLS 1.3, and TLS 1.2 only with forward secrecy and authenticated ciphers, with a key of %s (passthrough)",
    async (key) => {
      const client = "timeout 5 openssl s_client -connect 10.0.1.11:443 -servername www.foobar.com";
      const output = await inNetwork(
        passthrough,
        // openssl cannot send the PROXY header, so the test changes nginx to accept connections without this header.
        `try() { ${client} "$@" </dev/null 2>&1 | grep -aoE 'Cipher is [^ ]+|^Reused|TLS session ticket:' | sort -u | paste -sd' '; }
         try -tls1_3; try -tls1_2; try -tls1_1 -cipher DEFAULT@SECLEVEL=0
         for cipher in AES128-GCM-SHA256 ECDHE-ECDSA-AES128-SHA ECDHE-RSA-AES128-SHA DHE-RSA-AES128-GCM-SHA256; do try -tls1_2 -cipher $cipher; done
         ${client} -tls1_2 -reconnect </dev/null 2>/dev/null | grep -c ^Reused`,
        { change: (text) => text.replaceAll("ssl proxy_protocol", "ssl"), key },
      );
      const kind = key.startsWith("rsa") ? "RSA" : "ECDSA";
      expect(linesOf(output)).toEqual([
        expect.stringMatching(/^Cipher is TLS_/),
        `Cipher is ECDHE-${kind}-AES256-GCM-SHA384`,
        "Cipher is (NONE)",
        ...Array<string>(4).fill("Cipher is (NONE)"),
        "5",
      ]);
    },
  );

  it("nginx trusts the visitor's address in Cloudflare's header only if the request comes from Cloudflare through the load balancer", async () => {
    const output = await inNetwork(
      terminate,
      `application
       visitor -H 'CF-Connecting-IP: 192.0.2.9' -H 'X-Forwarded-For: 203.0.113.7, 172.64.0.9' /
       from=10.0.1.6; visitor -H 'CF-Connecting-IP: 192.0.2.9' /; log`,
    );
    const [first, second, ...lines] = linesOf(output).map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(first).toMatchObject({ "x-forwarded-for": "192.0.2.9" });
    expect(second).toMatchObject({ "x-forwarded-for": "10.0.1.6" });
    expect(lines).toMatchObject([
      { network: { client: { ip: "192.0.2.9" } }, edge_ip: "172.64.0.9" },
      { network: { client: { ip: "10.0.1.6" } }, edge_ip: "" },
    ]);
  });
});

describe.runIf(hasToolInNetwork("nginx", "the health check", "-nu"))(
  "the load balancer's health check",
  besideEachOther,
  () => {
    it.each(bothModes)(
      "the load balancer's health check passes only for the load balancer and only while the server is in service (%s)",
      async (_, part) => {
        const output = await inNetwork(
          part,
          `application
       ask http://10.0.1.11/healthz; from=10.0.1.6 ask http://10.0.1.11/healthz
       ask -H 'X-Forwarded-For: 192.0.2.1' http://10.0.1.11/healthz; ask -H 'CF-Connecting-IP: 192.0.2.1' http://10.0.1.11/healthz
       rm $folder/in-service; body http://10.0.1.11/healthz; visitor -o /dev/null -w '%{http_code}\n' /`,
        );
        const refused = part === terminate ? "403" : "404";
        const reason = '{"status":"unavailable","server":"alpha","reason":"this server is taken out of service"}';
        expect(linesOf(output)).toEqual(["200", refused, refused, refused, reason, "200"]);
      },
    );

    it("nginx's health check reports the reason for a failure within two seconds, is not logged and must not be cached", async () => {
      const output = await inNetwork(
        terminate,
        `check() { request -i -m 2 http://10.0.1.11/healthz | grep -aE '^HTTP|^Cache|^Content-T|reason' | tr -d '\\r' | paste -sd' '; }
       check; application; check; echo 500 >$folder/health; check; echo silent >$folder/health; check; log`,
      );
      const failed = (reason: string): string =>
        `HTTP/1.1 503 Service Temporarily Unavailable Content-Type: application/json Cache-Control: no-store {"status":"unavailable","server":"alpha","reason":"${reason}"}`;
      expect(linesOf(output)).toEqual([
        failed("the application or HAProxy does not accept connections, or no other server answers"),
        expect.stringMatching(/^HTTP\/1\.1 200 OK/),
        failed("the application answered 500"),
        failed("the application or HAProxy does not answer in time"),
      ]);
    });

    it.each(bothModes)(
      "the load balancer's health check fails if HAProxy, the server's path to the database, accepts no connection (%s)",
      async (_, part) => {
        const output = await inNetwork(
          part,
          `application $port; body http://10.0.1.11/healthz; visitor -o /dev/null -w '%{http_code}\n' /`,
        );
        expect(linesOf(output)).toEqual([
          '{"status":"unavailable","server":"alpha","reason":"the application or HAProxy does not accept connections, or no other server answers"}',
          "200",
        ]);
      },
    );

    it.each(bothModes)(
      "neither the load balancer's health check nor the readiness check of a release is available to visitors (%s)",
      async (_, part) => {
        const output = await inNetwork(
          part,
          `application; for path in /healthz /readyz; do visitor -H 'CF-Connecting-IP: 192.0.2.9' -o /dev/null -w '%{http_code}\n' $path; done; counts`,
        );
        const [healthz, readyz, counts = ""] = linesOf(output);
        expect([healthz, readyz]).toEqual(["404", "404"]);
        expect(JSON.parse(counts)).toMatchObject({ paths: ["/counts", "/counts"] });
      },
    );
  },
);
