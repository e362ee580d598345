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
  it("is one package, eight files and two of its own, one command", () => {
    expect(terminate.packages).toEqual(["nginx"]);
    expect(terminate.files?.map(({ path }) => path)).toEqual([
      "/etc/nginx/nginx.conf",
      "/etc/nginx/conf.d/site.conf",
      "/etc/nginx/snippets/to-application.conf",
      "/etc/nginx/snippets/security-headers.conf",
      "/etc/logrotate.d/nginx",
      "/etc/systemd/system/in-service.service",
      "/etc/systemd/system/nginx.service.d/platform.conf",
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

  it("asks for the edge's secret before it proxies", () => {
    expect(site()).toContain(
      "map $http_x_edge_token $came_through_edge {\n\tdefault 0;\n\tinclude /etc/nginx/secrets/edge-token.conf;",
    );
    expect(site()).toContain("if ($came_through_edge = 0) {\n\t\t\treturn 403;");
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

  it("speaks TLS 1.2 and 1.3, settled before a name is chosen", () => {
    expect(site(passthrough)).toMatch(/^ssl_protocols TLSv1\.2 TLSv1\.3;$/m);
    expect(site(passthrough)).toContain("ssl_reject_handshake on;");
  });
});

describe("a visitor's address", () => {
  it("is believed from the balancer only", () => {
    expect(main.match(/set_real_ip_from .*/g)).toEqual(["set_real_ip_from 10.0.1.5;"]);
    expect(main).toContain("real_ip_header CF-Connecting-IP;");
  });
});

describe("logs", () => {
  it("are rotated, the one in JSON too", () => {
    expect(contentOf(terminate, "/etc/logrotate.d/nginx")).toContain("/var/log/nginx/*.log /var/log/nginx/*.json {");
    expect(main).toContain("access_log /var/log/nginx/access.json platform;");
  });

  it("are readable for the agent and for nobody else, from the first line and after each rotation", () => {
    expect(contentOf(terminate, "/etc/logrotate.d/nginx")).toContain("create 0640 www-data dd-agent\n");
    const setup = terminate.setup;
    expect(setup).toMatch(/umask 0027\n[^]*chown www-data:dd-agent "\$log"\n\s*chmod 0640 "\$log"\n[^]*nginx -t/);
  });

  it("hold no query and no secret", () => {
    expect(main).not.toMatch(/\$(request_uri|args|request|http_x_edge_token|http_cookie|http_authorization)\b/);
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
  it("has no way round the firewall to a name server", () => {
    expect(contentOf(terminate, "/etc/systemd/system/nginx.service.d/platform.conf")).toContain(
      "InaccessiblePaths=-/run/dbus -/run/systemd/resolve\n",
    );
  });

  it.runIf(hasTool("systemd-analyze", "drop-in of nginx's unit"))(
    "is understood by systemd and exposed below 3",
    () => {
      const dropIn = contentOf(terminate, "/etc/systemd/system/nginx.service.d/platform.conf");
      const { complaints, exposure } = judgeDropIn("nginx.service", dropIn);
      expect(complaints).toBe("");
      expect(exposure).toBeLessThan(3);
    },
  );
});

/** Runs a script in a network and with a hostname of its own, with the configuration moved to a folder, stand-ins for secrets and an application. */
function inNetwork(part: typeof terminate, script: string): { status: number; output: string } {
  const folder = temporaryFolder();
  const moved = (part.files ?? []).map(({ path, content }) => ({
    path,
    content: content
      .replaceAll("/etc/nginx", join(folder, "etc/nginx"))
      .replaceAll("/var/log/nginx", folder)
      .replaceAll("/run/in-service", join(folder, "in-service"))
      .replaceAll("/run/nginx.pid", join(folder, "nginx.pid")),
  }));
  writeBelow(folder, [
    ...moved,
    { path: "in-service", content: "" },
    { path: "etc/nginx/mime.types", content: "types { text/html html; }\n" },
    { path: "etc/nginx/secrets/edge-token.conf", content: `"${"0".repeat(64)}" 1;\n` },
    { path: "etc/nginx/tls/placeholder", content: "" },
    { path: "setup.sh", content: readFileSync(new URL("./network.sh", import.meta.url), "utf8") + script },
  ]);
  return runTool("unshare", ["-nu", "bash", join(folder, "setup.sh"), folder]);
}

describe.runIf(hasToolInNetwork("nginx", "nginx configuration", "-nu"))("nginx itself", () => {
  it("takes the configuration and refuses what did not come through the edge (terminate)", () => {
    const { output } = inNetwork(
      terminate,
      `ask http://10.0.1.11/healthz; application; ask http://10.0.1.11/healthz; ask -H 'X-Forwarded-For: 192.0.2.1' http://10.0.1.11/healthz
       from=10.0.1.6 ask http://10.0.1.11/healthz; ask http://10.0.1.11/; ask -H "X-Edge-Token: $token" http://10.0.1.11/; host=other.test ask http://10.0.1.11/`,
    );
    expect(output.trim().split("\n")).toEqual(["503", "200", "404", "404", "403", "200", "421"]);
  });

  it("takes the configuration, and answers the edge's certificate (passthrough)", () => {
    const { output } = inNetwork(
      passthrough,
      `application; ask http://10.0.1.11/healthz; ask http://10.0.1.11/
       ask --haproxy-protocol --cert $tls/origin.pem --key $tls/origin.key https://10.0.1.11/`,
    );
    expect(output.trim().split("\n")).toEqual(["200", "421", "200"]);
  });

  it.each([
    ["has no certificate", "https://10.0.1.11/"],
    ["has no certificate, by TLS 1.2", "--tls-max 1.2 https://10.0.1.11/"],
    ["has a foreign certificate", "--cert $tls/foreign.pem --key $tls/foreign.key https://10.0.1.11/"],
    ["speaks no TLS", "http://10.0.1.11:443/"],
    ["speaks no TLS, to another name", "-H Host:other.test http://10.0.1.11:443/"],
  ])("answers nothing, not even an error page, to who %s (passthrough)", (_, request) => {
    const { output } = inNetwork(
      passthrough,
      `application
       openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=foreign -keyout $tls/foreign.key -out $tls/foreign.pem 2>/dev/null
       request -w 'status %{http_code}' --haproxy-protocol ${request}; echo ", curl $?"`,
    );
    expect(output.trim()).toBe("status 000, curl 56");
  });

  it.each([
    ["terminate", terminate],
    ["passthrough", passthrough],
  ])("is taken out by the balancer, and serves on, when it leaves service (%s)", (mode, part) => {
    const { output } = inNetwork(
      part,
      `application; ask http://10.0.1.11/healthz; rm $folder/in-service; body http://10.0.1.11/healthz
       ask ${mode === "terminate" ? '-H "X-Edge-Token: $token" http://' : "--haproxy-protocol --cert $tls/origin.pem --key $tls/origin.key https://"}10.0.1.11/`,
    );
    expect(output.trim().split("\n")).toEqual([
      "200",
      '{"status":"unavailable","server":"alpha","reason":"this server is taken out of service"}',
      "200",
    ]);
  });

  it("says why it is not healthy, and tells the application who asks, under an id that the visitor did not choose", () => {
    const { output } = inNetwork(
      terminate,
      `body http://10.0.1.11/healthz; application
       body -H "X-Edge-Token: $token" -H 'CF-Connecting-IP: 192.0.2.9' -H 'X-Request-Id: 0123456789abcdef' http://10.0.1.11/who`,
    );
    expect(output.trim().split("\n")).toEqual([
      '{"status":"unavailable","server":"alpha","reason":"the application does not accept connections"}',
      expect.stringMatching(/^192\.0\.2\.9 [0-9a-f]{32} none$/),
    ]);
  });
});
