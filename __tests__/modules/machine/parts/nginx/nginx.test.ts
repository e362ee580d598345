import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { nginxPart } from "../../../../../modules/machine/parts/nginx/index.js";
import { exampleConfig } from "../../../../support/config.js";
import { contentOf, partOf, temporaryFolder, writeBelow } from "../../../../support/payload-files.js";
import { hasTool, hasToolInNetwork, runTool } from "../../../../support/tools.js";
import { judgeDropIn, judgeUnits } from "../../../../support/units.js";

const terminate = partOf(nginxPart);
const passthrough = partOf(nginxPart, exampleConfig({ tls: "passthrough" }));
const site = (part = terminate): string => contentOf(part, "/etc/nginx/conf.d/site.conf");
const listen = (part: typeof terminate, name: string): string | undefined =>
  contentOf(part, `/etc/nginx/snippets/listen-${name}.conf`).split("\n").at(-2);
const main = contentOf(terminate, "/etc/nginx/nginx.conf");

describe("nginx with defaults", () => {
  it("is one package, eight files and two of its own", () => {
    expect(terminate.packages).toEqual(["nginx"]);
    expect(terminate.files?.map(({ path }) => path)).toEqual([
      "/etc/nginx/nginx.conf",
      "/etc/nginx/conf.d/site.conf",
      "/etc/nginx/snippets/visitors.conf",
      "/etc/nginx/snippets/security-headers.conf",
      "/etc/logrotate.d/nginx",
      "/etc/systemd/system/in-service.service",
      "/etc/systemd/system/nginx.service.d/platform.conf",
      "/etc/systemd/system/nginx.service.d/sandbox.conf",
      "/etc/nginx/snippets/listen-http.conf",
      "/etc/nginx/snippets/listen-http-default.conf",
    ]);
  });

  it("listens on the private address and on loopback only, without TLS", () => {
    expect(site().match(/^\t(listen|include \S*listen).*;$/gm)).toEqual([
      "\tinclude /etc/nginx/snippets/listen-http-default.conf;",
      "\tinclude /etc/nginx/snippets/listen-http.conf;",
      "\tlisten 127.0.0.1:8081;",
    ]);
    expect(listen(terminate, "http")).toBe("listen 10.0.1.11:80;");
    expect(listen(terminate, "http-default")).toBe("listen 10.0.1.11:80 default_server;");
  });
});

describe("nginx with passthrough", () => {
  it("ends TLS behind the PROXY protocol and asks for Cloudflare's certificate", () => {
    expect(listen(passthrough, "https")).toBe("listen 10.0.1.11:443 ssl proxy_protocol;");
    expect(listen(passthrough, "https-default")).toBe("listen 10.0.1.11:443 ssl proxy_protocol default_server;");
    expect(site(passthrough).match(/snippets\/listen-https(-default)?.conf;/g)).toHaveLength(2);
    expect(site(passthrough)).toContain(
      "ssl_client_certificate /etc/nginx/tls/origin-pull-ca.pem;\n\tssl_verify_client on;",
    );
    expect(site(passthrough)).not.toContain("edge-token");
  });
});

describe("logs", () => {
  it("are rotated, the one in JSON too", () => {
    const rotation = contentOf(terminate, "/etc/logrotate.d/nginx");
    expect(rotation).toContain("/var/log/nginx/*.log /var/log/nginx/*.json {");
    // A second uncompressed file would be as large as the limit once more.
    expect(rotation).toMatch(/\tmaxsize 100M\n[^]*\tcompress\n/);
    expect(rotation).not.toContain("delaycompress");
    expect(main).toContain("access_log /var/log/nginx/access.json platform");
  });

  it("are readable for the agent and for nobody else, from the first line and after each rotation", () => {
    expect(contentOf(terminate, "/etc/logrotate.d/nginx")).toContain("create 0640 www-data dd-agent\n");
    const setup = terminate.setup;
    expect(setup).toMatch(/umask 0027\n[^]*chown www-data:dd-agent "\$log"\n\s*chmod 0640 "\$log"\n[^]*nginx -t/);
  });

  it("hold no query and no secret", () => {
    expect(main).not.toMatch(
      /\$(request_uri|args|query_string|request|http_x_edge_token|http_cookie|http_authorization)\b/,
    );
  });
});

describe("the service of visitors", () => {
  const unit = (config = exampleConfig()): string =>
    contentOf(partOf(nginxPart, config), "/etc/systemd/system/in-service.service");

  it("ends as long before what serves them as the balancer takes to notice", () => {
    expect(unit()).toContain("After=nginx.service app.service haproxy.service\n");
    expect(unit()).toContain("ExecStop=/usr/bin/rm -f /run/in-service\n");
    expect(unit()).toContain("ExecStop=/usr/bin/sleep 8\n");
    const slow = exampleConfig({
      loadBalancer: { healthCheck: { intervalSeconds: 60, timeoutSeconds: 10, retries: 5 } },
    });
    expect(unit(slow)).toContain("ExecStop=/usr/bin/sleep 370\n");
  });

  it.runIf(hasTool("systemd-analyze", "in-service.service"))("is understood by systemd", () => {
    expect(judgeUnits({ "in-service.service": unit() }).complaints).toBe("");
  });
});

describe("nginx's unit", () => {
  const sandboxed = contentOf(terminate, "/etc/systemd/system/nginx.service.d/sandbox.conf");

  it("has no way round the firewall to a name server, nor to those who act for root", () => {
    expect(sandboxed).toContain("InaccessiblePaths=-/run/dbus -/run/systemd/private -/run/systemd/resolve\n");
  });

  it("starts again when it ended by itself", () => {
    expect(contentOf(terminate, "/etc/systemd/system/nginx.service.d/platform.conf")).toContain("Restart=on-failure\n");
  });

  it.runIf(hasTool("systemd-analyze", "drop-in of nginx's unit"))(
    "is understood by systemd and exposed below 3",
    () => {
      const { complaints, exposure } = judgeDropIn("nginx.service", sandboxed);
      expect(complaints).toBe("");
      expect(exposure).toBeLessThan(3);
    },
  );
});

/** Runs a script in a network and with a hostname of its own, with the configuration moved to a folder, stand-ins for secrets and an application. */
function inNetwork(
  part: typeof terminate,
  script: string,
  { change = (text) => text, key = "" }: { readonly change?: (text: string) => string; readonly key?: string } = {},
): string {
  const folder = temporaryFolder();
  const moved = (part.files ?? []).map(({ path, content }) => ({
    path,
    content: change(content)
      .replaceAll("/etc/nginx", join(folder, "etc/nginx"))
      .replaceAll("/var/log/nginx", folder)
      .replaceAll("/run/in-service", join(folder, "in-service"))
      .replaceAll("/run/nginx.pid", join(folder, "nginx.pid")),
  }));
  const own = (name: string): string => readFileSync(new URL(`./${name}`, import.meta.url), "utf8");
  writeBelow(folder, [
    ...moved,
    { path: "in-service", content: "" },
    { path: "passthrough", content: part === passthrough ? "yes" : "" },
    { path: "etc/nginx/secrets/edge-token.conf", content: `"${"0".repeat(64)}" 1;\n` },
    { path: "etc/nginx/tls/placeholder", content: "" },
    { path: "application.mjs", content: own("application.mjs") },
    { path: "setup.sh", content: `key="${key}"\n${own("network.sh")}${script}` },
  ]);
  return runTool("unshare", ["-nu", "bash", join(folder, "setup.sh"), folder]).output.trim();
}
const linesOf = (output: string): string[] => output.split("\n");
const bothModes = [
  ["terminate", terminate],
  ["passthrough", passthrough],
] as const;

describe.runIf(hasToolInNetwork("nginx", "nginx configuration", "-nu"))("nginx itself: who gets in", () => {
  it("refuses what did not come through the edge, whatever it says (terminate)", () => {
    const output = inNetwork(
      terminate,
      `application
       ask http://10.0.1.11/; ask -H "X-Edge-Token: ${"1".repeat(64)}" http://10.0.1.11/; ask -H "X-Edge-Token;" http://10.0.1.11/
       ask -H 'Content-Length: 9000000' -X POST http://10.0.1.11/; ask http://10.0.1.11/readyz
       visitor -o /dev/null -w '%{http_code}\n' /; host=foobar.com visitor -o /dev/null -w '%{http_code}\n' /
       host=other.test visitor -o /dev/null -w '%{http_code}\n' /; host=other.test ask http://10.0.1.11/healthz
       from=10.0.1.6 curl -s -o /dev/null -w '%{http_code}\n' http://127.0.0.1/; cat $folder/error.log`,
    );
    expect(linesOf(output)).toEqual(["403", "403", "403", "403", "403", "200", "200", "421", "421", "000"]);
  });

  it("answers the edge's certificate, and other names and paths not at all (passthrough)", () => {
    const output = inNetwork(
      passthrough,
      `application
       ask http://10.0.1.11/healthz; ask http://10.0.1.11/; host=other.test ask http://10.0.1.11/
       visitor -o /dev/null -w '%{http_code}\n' /; host=foobar.com visitor -o /dev/null -w '%{http_code}\n' /
       host=other.test visitor -o /dev/null /; echo "curl $?"; curl -sk -o /dev/null https://127.0.0.1/; echo "curl $?"`,
    );
    expect(linesOf(output)).toEqual(["200", "421", "421", "200", "200", "curl 35", "curl 7"]);
  });

  it("answers nothing, not even an error page, to who has no certificate, a foreign one, or speaks no TLS (passthrough)", () => {
    const requests = [
      "https://10.0.1.11/",
      "--tls-max 1.2 https://10.0.1.11/",
      "--cert $tls/foreign.pem --key $tls/foreign.key https://10.0.1.11/",
      "http://10.0.1.11:443/",
      "-H Host:other.test http://10.0.1.11:443/",
    ];
    const output = inNetwork(
      passthrough,
      `application
       certificate ec -pkeyopt ec_paramgen_curve:P-256 -subj /CN=foreign -keyout $tls/foreign.key -out $tls/foreign.pem
       ${requests.map((request) => `request -w 'status %{http_code}' --haproxy-protocol ${request}; echo ", curl $?"`).join("\n")}`,
    );
    expect(linesOf(output)).toEqual(requests.map(() => "status 000, curl 56"));
  });

  it.each(["ec -pkeyopt ec_paramgen_curve:P-256", "rsa:2048"])(
    "speaks TLS 1.2 with forward secrecy and authenticated ciphers, and 1.3, with a key of %s (passthrough)",
    (key) => {
      const client = "timeout 5 openssl s_client -connect 10.0.1.11:443 -servername www.foobar.com";
      const output = inNetwork(
        passthrough,
        // openssl sends no PROXY header
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

  it("knows a visitor by what the balancer says of the edge, and by nobody else's word", () => {
    const output = inNetwork(
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
  "nginx itself: the balancer's health check",
  () => {
    it.each(bothModes)("passes for the balancer alone, while the server is in service (%s)", (_, part) => {
      const output = inNetwork(
        part,
        `application
       ask http://10.0.1.11/healthz; from=10.0.1.6 ask http://10.0.1.11/healthz
       ask -H 'X-Forwarded-For: 192.0.2.1' http://10.0.1.11/healthz; ask -H 'CF-Connecting-IP: 192.0.2.1' http://10.0.1.11/healthz
       rm $folder/in-service; body http://10.0.1.11/healthz; visitor -o /dev/null -w '%{http_code}\n' /`,
      );
      const refused = part === terminate ? "403" : "404";
      expect(linesOf(output)).toEqual([
        "200",
        refused,
        refused,
        refused,
        '{"status":"unavailable","server":"alpha","reason":"this server is taken out of service"}',
        "200",
      ]);
    });

    it("says within two seconds why it fails, leaves no line in the log, and is never kept", () => {
      const output = inNetwork(
        terminate,
        `check() { request -i -m 2 http://10.0.1.11/healthz | grep -aE '^HTTP|^Cache|^Content-T|reason' | tr -d '\\r' | paste -sd' '; }
       check; application; check; echo 500 >$folder/health; check; echo silent >$folder/health; check; log`,
      );
      const failed = (reason: string): string =>
        `HTTP/1.1 503 Service Temporarily Unavailable Content-Type: application/json Cache-Control: no-store {"status":"unavailable","server":"alpha","reason":"${reason}"}`;
      expect(linesOf(output)).toEqual([
        failed("the application does not accept connections"),
        expect.stringMatching(/^HTTP\/1\.1 200 OK/),
        failed("the application answered 500"),
        failed("the application does not answer in time"),
      ]);
    });

    it.each(bothModes)("is not for visitors, and neither is the check of a release (%s)", (_, part) => {
      const output = inNetwork(
        part,
        `application; for path in /healthz /readyz; do visitor -H 'CF-Connecting-IP: 192.0.2.9' -o /dev/null -w '%{http_code}\n' $path; done; counts`,
      );
      const [healthz, readyz, counts = ""] = linesOf(output);
      expect([healthz, readyz]).toEqual(["404", "404"]);
      expect(JSON.parse(counts)).toMatchObject({ paths: ["/counts", "/counts"] });
    });
  },
);

describe.runIf(hasToolInNetwork("nginx", "the way to the application", "-nu"))(
  "nginx itself: to the application",
  () => {
    it.each(bothModes)(
      "a request goes on with whose it is, under an id that the visitor did not choose (%s)",
      (_, part) => {
        const output = inNetwork(
          part,
          `application
       visitor -i -H 'CF-Connecting-IP: 192.0.2.9' -H 'X-Request-Id: 0123456789abcdef' -H 'X-Edge-Token: ${"0".repeat(64)}' \\
         -H 'X-Forwarded-Proto: http' -H 'Connection: keep-alive, X-Forwarded-For' '/who?a=b'`,
        );
        const [head = "", body = ""] = output.split("\r\n\r\n");
        const heard = JSON.parse(body) as Record<string, string>;
        expect(heard).toMatchObject({
          host: "www.foobar.com",
          "x-forwarded-for": "192.0.2.9",
          "x-forwarded-proto": "https",
          "x-request-id": expect.stringMatching(/^[0-9a-f]{32}$/) as string,
        });
        expect(heard).not.toHaveProperty("x-edge-token");
        expect(heard).not.toHaveProperty("connection", "close");
        expect(head.match(/^x-request-id: .*$/gim)).toEqual([`X-Request-Id: ${heard["x-request-id"]}`]);
      },
    );

    it("every answer has the security headers, once each, and none says which nginx it is", () => {
      const output = inNetwork(
        terminate,
        `for path in / /readyz; do visitor -i $path; done; request -i http://10.0.1.11/; application; visitor -i /; visitor -i /fail
       for n in $(seq 12); do visitor -X POST -i /; done`,
      );
      const heads = output.split(/(?=^HTTP\/1\.1 )/m);
      const statuses = heads.map((head) => Number(/^HTTP\/1\.1 (\d+)/.exec(head)?.[1]));
      expect([...new Set(statuses)].sort()).toEqual([200, 403, 404, 429, 500, 502]);
      for (const head of heads) {
        const names = [...head.matchAll(/^([\w-]+): .*$/gm)].map(([, name = ""]) => name.toLowerCase());
        for (const name of [
          "x-request-id",
          "x-frame-options",
          "referrer-policy",
          "permissions-policy",
          "cross-origin-opener-policy",
          "content-security-policy",
        ])
          expect({ head, name, times: names.filter((one) => one === name).length }).toEqual({ head, name, times: 1 });
        expect(head).toMatch(/^Server: nginx\r?$/m);
        expect(head).not.toMatch(/nginx\/\d/);
      }
    });

    it("a body that no page sends is refused, one that the application should judge is not", () => {
      const output = inNetwork(
        terminate,
        `application
       head -c 40000 /dev/zero >$folder/large; head -c 70000 /dev/zero >$folder/too-large
       visitor --data-binary @$folder/large /; echo; visitor -o /dev/null -w '%{http_code}\n' --data-binary @$folder/too-large /`,
      );
      const [large = "", , tooLarge] = linesOf(output);
      expect(JSON.parse(large)).toMatchObject({ method: "POST", bytes: 40_000 });
      expect(tooLarge).toBe("413");
    });

    it("what may have been written is never sent twice; a read whose connection was closed under it is", () => {
      const output = inNetwork(
        terminate,
        `application
       visitor -o /dev/null -w '%{http_code}\n' -X POST /cut; visitor -o /dev/null -w '%{http_code}\n' -X POST /cut
       for n in $(seq 20); do visitor -o /dev/null /; done; counts`,
      );
      const [first, second, counts = ""] = linesOf(output);
      expect([first, second]).toEqual(["502", "502"]);
      const { posts, connections } = JSON.parse(counts) as { posts: number; connections: number };
      expect(posts).toBe(2);
      // Each worker keeps connections of its own; the script has two.
      expect(connections).toBeLessThan(15);
    });

    it("texts are compressed for who takes it, above a kilobyte, and caches are told", () => {
      const output = inNetwork(
        terminate,
        `application
       for path in /large /small; do visitor -i -H 'Accept-Encoding: gzip' -H 'Via: 1.1 edge' $path | tr -d '\\0' | grep -aiE '^(content-encoding|vary):' | tr -d '\\r' | paste -sd' '; done
       visitor -i /large | grep -aic '^content-encoding'`,
      );
      expect(linesOf(output)).toEqual(["Vary: Accept-Encoding Content-Encoding: gzip", "", "0"]);
    });

    it("nobody holds a connection: headers, bodies, idle ones and the application's silence end in time", () => {
      const seconds = (text: string): string =>
        text
          .replace(/(client_header_timeout|client_body_timeout) 10s/, "$1 1s")
          .replace(/(client_body_timeout) 10s/, "$1 1s")
          .replace(/(\tkeepalive_timeout) 75s/, "$1 1s")
          .replace(/(\tkeepalive_timeout) 5s/, "$1 1s")
          .replace(/(proxy_read_timeout) 20s/, "$1 1s");
      const script = `
import json, socket, sys, time
token = "X-Edge-Token: " + "0" * 64
head = "Host: www.foobar.com\\r\\n" + token + "\\r\\n"
def until_closed(text):
    start = time.monotonic()
    with socket.create_connection(("10.0.1.11", 80), source_address=("10.0.1.5", 0)) as connection:
        connection.settimeout(8)
        connection.sendall(text.encode())
        try:
            while connection.recv(65536):
                pass
        except ConnectionResetError:
            pass
    return round(time.monotonic() - start)
print(json.dumps([
    until_closed("GET / HTTP/1.1\\r\\n"),
    until_closed("POST / HTTP/1.1\\r\\n" + head + "Content-Length: 10\\r\\n\\r\\n"),
    until_closed("GET / HTTP/1.1\\r\\n" + head + "\\r\\n"),
]))`;
      const output = inNetwork(
        terminate,
        `application
       python3 -c '${script}'; visitor -o /dev/null -w '%{http_code}\n' /silent; sleep 1.5; ss -Htn state established '( dport = :3000 )' | wc -l`,
        { change: seconds },
      );
      expect(linesOf(output)).toEqual(["[1, 1, 1]", "504", "0"]);
    }, 40_000);
  },
);

describe.runIf(hasToolInNetwork("nginx", "limits and logs", "-nu"))("nginx itself: what anybody can cause", () => {
  const statuses = (output: string): Record<string, number> => {
    const counts: Record<string, number> = {};
    for (const status of output.split(/\s+/)) counts[status] = (counts[status] ?? 0) + 1;
    return counts;
  };
  const times = (count: number, address: string, path = "/notes", method = "POST"): string =>
    `visitor -H 'CF-Connecting-IP: ${address}' -X ${method} -o /dev/null -w '%{http_code} ' "${path}?[1-${count}]"`;

  it.each(bothModes)(
    "writes of one address are limited, and nobody else's (%s)",
    (_, part) => {
      const output = inNetwork(
        part,
        `application
       ${times(40, "192.0.2.9")}; echo; ${times(5, "192.0.2.10")}; echo; ${times(30, "192.0.2.9", "/", "GET")}; echo; ${times(3, "192.0.2.9", "/", "HEAD").replace("-X HEAD", "-I")}; echo
       visitor -i -H 'CF-Connecting-IP: 192.0.2.9' -X DELETE '/?[1-20]' | grep -aE '^HTTP.* 429|^Retry' | tr -d '\\r' | head -2 | paste -sd' '
       ${times(40, "2001:db8:1:2::1")}; echo; ${times(5, "2001:db8:1:2:ffff::2")}; echo; ${times(5, "2001:db8:1:3::1")}; echo; cat $folder/error.log`,
      );
      const [
        flood = "",
        other = "",
        reads = "",
        heads = "",
        told,
        network = "",
        sameNetwork = "",
        otherNetwork = "",
        ...errors
      ] = linesOf(output);
      // A minute's worth at once, and one more for each six seconds that the test takes.
      for (const accepted of [statuses(flood.trim())["200"], statuses(network.trim())["200"]]) {
        expect(accepted).toBeGreaterThanOrEqual(10);
        expect(accepted).toBeLessThan(20);
      }
      expect(statuses(other.trim())).toEqual({ 200: 5 });
      expect(statuses(reads.trim())).toEqual({ 200: 30 });
      expect(statuses(heads.trim().replace(/^.*\r\n/gm, ""))["429"]).toBeUndefined();
      expect(told).toBe("HTTP/1.1 429 Too Many Requests Retry-After: 60");
      expect(statuses(sameNetwork.trim())["429"]).toBeGreaterThanOrEqual(1);
      expect(statuses(otherNetwork.trim())).toEqual({ 200: 5 });
      expect(errors).toEqual([]);
    },
    40_000,
  );

  it("a line is valid JSON whatever a visitor sends, holds the beginning of it, and no query", () => {
    const output = inNetwork(
      terminate,
      `application
       visitor -o /dev/null -A 'quote " backslash \\\\ end' -e 'http://a/"' -H 'CF-Ray: 8f-FRA' '/page%0A%22?secret=1'
       visitor -o /dev/null -A "$(printf 'a%.0s' {1..7000})" -e "$(printf 'r%.0s' {1..7000})" "/$(printf 'p%.0s' {1..6000})"; log`,
    );
    const [first = "", second = ""] = linesOf(output);
    expect(JSON.parse(first)).toMatchObject({
      server: "alpha",
      request_id: expect.stringMatching(/^[0-9a-f]{32}$/) as string,
      http: {
        method: "GET",
        status_code: 200,
        version: "HTTP/1.1",
        url_details: { host: "www.foobar.com", path: '/page\n"' },
        useragent: 'quote " backslash \\\\ end',
        referer: 'http://a/"',
      },
      network: { client: { ip: "10.0.1.5" }, bytes_read: expect.any(Number) as number },
      request_time: expect.any(Number) as number,
      upstream_status: "200",
      cf_ray: "8f-FRA",
      tls: "",
    });
    expect(first).not.toContain("secret");
    expect(second.length).toBeLessThan(1300);
    expect(JSON.parse(second)).toMatchObject({ http: { useragent: "a".repeat(200), referer: "r".repeat(200) } });
  });

  it("of what nginx itself refuses a hundredth is logged, of what the application answers everything", () => {
    const long = `-A "$(printf 'a%.0s' {1..7000})" -e "$(printf 'r%.0s' {1..7000})"`;
    const output = inNetwork(
      terminate,
      `application
       request ${long} -o /dev/null 'http://10.0.1.11/?[1-600]'; host=other.test request ${long} -o /dev/null 'http://10.0.1.11/?[1-300]'
       log | wc -lc; for n in 1 2 3; do visitor -o /dev/null /fail; done; log | grep -c '"status_code":500'; cat $folder/error.log`,
    );
    const [refused = "", failed, ...errors] = linesOf(output);
    const [lines = 0, bytes = 0] = refused.trim().split(/\s+/).map(Number);
    console.log(`FIGURE: log of a refused request with headers of 14 kB: ${(bytes / 900).toFixed(1)} bytes`);
    expect(lines).toBeGreaterThan(0);
    expect(lines).toBeLessThan(40);
    expect(failed).toBe("3");
    expect(errors).toEqual([]);
  }, 40_000);
});

describe.runIf(hasToolInNetwork("nginx", "nginx's own status", "-nu"))(
  "nginx itself: for the agent and the system",
  () => {
    it("tells its counts on loopback and nothing else, writes errors of the way to the application, and works as www-data", () => {
      const output = inNetwork(
        terminate,
        `curl -s http://127.0.0.1:8081/nginx_status | head -1; curl -s -o /dev/null -w '%{http_code}\n' http://127.0.0.1:8081/
       curl -s -o /dev/null -w '%{http_code}\n' http://10.0.1.11:8081/nginx_status
       visitor -o /dev/null /; grep -c 'connect() failed' $folder/error.log; log | wc -l
       ps -o user= --ppid "$(cat $folder/nginx.pid)" | sort -u; ls -l /proc/$(pgrep -P "$(cat $folder/nginx.pid)" | head -1)/limits | wc -l
       grep 'open files' /proc/$(pgrep -P "$(cat $folder/nginx.pid)" | head -1)/limits | awk '{print $4}'`,
      );
      expect(linesOf(output)).toEqual([
        expect.stringMatching(/^Active connections: \d+/),
        "404",
        "000",
        "1",
        "1",
        "www-data",
        "1",
        "16384",
      ]);
    });
  },
);
