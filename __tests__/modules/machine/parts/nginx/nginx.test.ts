import { describe, expect, it } from "vitest";
import { nginxPart } from "../../../../../modules/machine/parts/nginx/index.js";
import { timings } from "../../../../../modules/platform/limits.js";
import { exampleConfig } from "../../../../support/config.js";
import { contentOf, partOf } from "../../../../support/payload-files.js";
import { stepsOf } from "../../../../support/steps.js";
import { hasTool } from "../../../../support/tools.js";
import { allowedToAll, judgeDropIn, judgeUnits } from "../../../../support/units.js";
import { passthrough, terminate } from "./running.js";

const site = (part = terminate): string => contentOf(part, "/etc/nginx/conf.d/site.conf");
const listen = (part: typeof terminate, name: string): string | undefined =>
  contentOf(part, `/etc/nginx/snippets/listen-${name}.conf`).split("\n").at(-2);
const main = contentOf(terminate, "/etc/nginx/nginx.conf");

it("nginx listens without TLS, and only on the private address and on loopback", () => {
  expect(site().match(/^\t(listen|include \S*listen).*;$/gm)).toEqual([
    "\tinclude /etc/nginx/snippets/listen-http-default.conf;",
    "\tinclude /etc/nginx/snippets/listen-http.conf;",
    "\tlisten 127.0.0.1:8081;",
  ]);
  expect(listen(terminate, "http")).toBe("listen 10.0.1.11:80;");
  expect(listen(terminate, "http-default")).toBe("listen 10.0.1.11:80 default_server;");
});

it("in passthrough mode, nginx terminates TLS behind the PROXY protocol and requires Cloudflare's certificate", () => {
  expect(listen(passthrough, "https")).toBe("listen 10.0.1.11:443 ssl proxy_protocol;");
  expect(listen(passthrough, "https-default")).toBe("listen 10.0.1.11:443 ssl proxy_protocol default_server;");
  expect(site(passthrough).match(/snippets\/listen-https(-default)?.conf;/g)).toHaveLength(2);
  expect(site(passthrough)).toContain(
    "ssl_client_certificate /etc/nginx/tls/origin-pull-ca.pem;\n\tssl_verify_client on;",
  );
  expect(site(passthrough)).not.toContain("edge-token");
});

describe("logs", () => {
  it("all of nginx's logs are rotated, including the JSON log", () => {
    const rotation = contentOf(terminate, "/etc/logrotate.d/nginx");
    expect(rotation).toContain("/var/log/nginx/*.log /var/log/nginx/*.json {");
    // Rotated files are compressed at once, because a second uncompressed file could also reach the size limit.
    expect(rotation).toMatch(/\tmaxsize 100M\n[^]*\tcompress\n/);
    expect(rotation).not.toContain("delaycompress");
    expect(main).toContain("access_log /var/log/nginx/access.json platform");
  });

  it("only the Datadog agent can read nginx's logs, before and after each rotation", () => {
    expect(contentOf(terminate, "/etc/logrotate.d/nginx")).toContain("create 0640 www-data dd-agent\n");
    const setup = terminate.setup;
    expect(setup).toMatch(/umask 0027\n[^]*chown www-data:dd-agent "\$log"\n\s*chmod 0640 "\$log"\n[^]*nginx -t/);
  });

  it("nginx's logs are kept for two weeks, and nginx reopens the logs before the old files are compressed", () => {
    const rotation = contentOf(terminate, "/etc/logrotate.d/nginx");
    expect(rotation).toMatch(/^\tdaily\n[^]*\trotate 14\n\tmissingok\n\tnotifempty\n[^]*\tsharedscripts\n/m);
    const script = (/postrotate\n([^]*?)\tendscript/.exec(rotation)?.[1] ?? "").replace("kill -USR1", "systemctl USR1");
    const files = { "/run/nginx.pid": "42" };
    expect(stepsOf(script.replace("sleep 2", "systemctl waits"), { files })).toEqual([
      "systemctl USR1 42",
      "systemctl waits",
    ]);
    expect(script).toMatch(/\bsleep 2$/m);
    expect(stepsOf(script)).toEqual([""]);
  });

  it("nginx's logs contain warnings and errors, but no query and no secret", () => {
    expect(main).toContain("error_log /var/log/nginx/error.log warn;");
    expect(main).not.toMatch(
      /\$(request_uri|args|query_string|request|http_x_edge_token|http_cookie|http_authorization)\b/,
    );
  });
});

describe("nginx's time limits and headers", () => {
  const values = (text: string, name: string): readonly string[] =>
    [...text.matchAll(new RegExp(`^\\s*${name} (.*);$`, "gm"))].map(([, value = ""]) => value);
  const visitors = contentOf(terminate, "/etc/nginx/snippets/visitors.conf");

  const seconds = (text: string, name: string): number => Number(values(text, name)[0]?.replace(/s$/, ""));

  it("nginx disconnects slow clients, so that an attacker cannot keep all connections busy", () => {
    for (const name of ["client_header_timeout", "client_body_timeout", "send_timeout"])
      expect([5 <= seconds(main, name), seconds(main, name) <= 60], name).toEqual([true, true]);
    expect(seconds(main, "keepalive_timeout")).toBeLessThanOrEqual(120);
    expect(values(main, "reset_timedout_connection")).toEqual(["on"]);
  });

  it("nginx waits longer for the application than its longest answer takes, and for a health check no longer than the load balancer waits", () => {
    const { application, nginx } = timings;
    expect(seconds(visitors, "proxy_read_timeout")).toBeGreaterThan(application.longestAnswer);
    expect(seconds(visitors, "proxy_connect_timeout")).toBeLessThan(application.longestAnswer);
    expect(seconds(visitors, "proxy_send_timeout")).toBeLessThan(seconds(visitors, "proxy_read_timeout"));
    const { timeoutSeconds } = exampleConfig().loadBalancer.healthCheck;
    for (const name of ["proxy_connect_timeout", "proxy_read_timeout"])
      expect(seconds(site(), name), name).toBeLessThanOrEqual(timeoutSeconds);
    // If a request times out, the application may have executed it. Therefore nginx repeats a request only after a connection error.
    expect(values(visitors, "proxy_next_upstream")).toEqual(["error"]);
    // The application keeps idle connections longer than nginx does. Therefore it never closes a connection that nginx is about to use.
    const upstream = /^upstream application \{[^}]*\}/m.exec(site())?.[0] ?? "";
    expect(seconds(upstream, "keepalive_timeout")).toBe(nginx.upstreamIdle);
    expect(nginx.upstreamIdle).toBeLessThan(application.keepAlive);
    expect(values(upstream, "keepalive")).toEqual(["32"]);
  });

  it("nginx's limit for an IPv6 network also applies to addresses that contain a line feed byte", () => {
    const pattern = /"~(\(\?s\))\^\(\?<network>\.\{8\}\)\.\{8\}\$" \$network;/.exec(main)?.[1];
    expect(pattern).toBe("(?s)");
  });

  it("nginx allows enough connections and open files for a busy hour", () => {
    const [connections = 0, files = 0] = ["worker_connections", "worker_rlimit_nofile"].map((name) =>
      Number(values(main, name)[0]),
    );
    expect(connections).toBe(4096);
    expect(files).toBeGreaterThanOrEqual(3 * connections);
    expect(values(main, "worker_processes")).toEqual(["auto"]);
    // With sendfile and tcp_nopush, the kernel sends files directly from disk in full packets.
    expect(["sendfile", "tcp_nopush"].map((name) => values(main, name))).toEqual([["on"], ["on"]]);
    // 10 MiB are enough for tens of thousands of TLS sessions and client addresses.
    expect(values(site(passthrough), "ssl_session_cache")).toEqual(["shared:tls:10m"]);
    expect(main).toContain("zone=writes:4m rate=10r/m;");
  });

  it("security headers tell browsers what a page is allowed to do", () => {
    const headers = contentOf(terminate, "/etc/nginx/snippets/security-headers.conf").matchAll(
      /^add_header (\S+) "?([^"]*?)"? always;$/gm,
    );
    expect(Object.fromEntries([...headers].map(([, name, value]) => [name, value]))).toEqual({
      "X-Request-Id": "$request_id",
      "X-Frame-Options": "DENY",
      "Referrer-Policy": "strict-origin-when-cross-origin",
      "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
      "Cross-Origin-Opener-Policy": "same-origin",
      "Content-Security-Policy":
        "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    });
  });

  it("nginx compresses all text types of pages", () => {
    expect(values(main, "gzip_types")[0]?.split(" ").sort()).toEqual([
      ...["application/javascript", "application/json", "image/svg+xml"],
      ...["text/css", "text/javascript", "text/plain"],
    ]);
  });
});

const unit = (config = exampleConfig()): string =>
  contentOf(partOf(nginxPart, config), "/etc/systemd/system/in-service.service");

it("the unit in-service stops before the web services, early enough for the load balancer to notice", () => {
  expect(unit()).toContain("After=nginx.service app.service haproxy.service\n");
  expect(unit()).toContain("ExecStop=/usr/bin/rm -f /run/in-service\n");
  expect(unit()).toContain("ExecStop=/usr/bin/sleep 7\n");
  const slow = exampleConfig({
    loadBalancer: { healthCheck: { intervalSeconds: 60, timeoutSeconds: 10, retries: 5 } },
  });
  expect(unit(slow)).toContain("ExecStop=/usr/bin/sleep 370\n");
});

it.runIf(hasTool("systemd-analyze", "in-service.service"))(
  "the unit in-service starts at boot, stays active until it is stopped, and stops without a time limit",
  () => {
    const lines = ["Type=oneshot", "RemainAfterExit=yes", "ExecStart=/usr/bin/touch /run/in-service"];
    expect(unit().split("\n")).toEqual(
      expect.arrayContaining([...lines, "TimeoutStopSec=infinity", "WantedBy=multi-user.target"]),
    );
    expect(unit().indexOf("rm -f")).toBeLessThan(unit().indexOf("sleep"));
    expect(judgeUnits({ "in-service.service": unit() }).complaints).toBe("");
  },
);

describe("setting nginx up", () => {
  const logs = ["access.json", "error.log"].map((name) => `chown www-data:dd-agent /var/log/nginx/${name}`);
  const files = { "/var/log/nginx/access.json": "" };

  it("the setup applies an nginx configuration only if nginx accepts it, then puts the server into service", () => {
    expect(stepsOf(terminate.setup ?? "", { files })).toEqual([
      ...logs,
      "nginx -t -q",
      "systemctl daemon-reload",
      "systemctl enable --quiet nginx.service in-service.service",
      "systemctl reload-or-restart nginx.service",
      "systemctl start in-service.service",
    ]);
    expect(stepsOf(terminate.setup ?? "", { files, fails: "nginx" })).toEqual([...logs, "nginx -t -q", "exit 1"]);
  });
});

const sandboxed = contentOf(terminate, "/etc/systemd/system/nginx.service.d/sandbox.conf");

it.runIf(hasTool("systemd-analyze", "drop-in of nginx's unit"))(
  "systemd restarts nginx after any exit, and nginx's master process keeps only the capabilities that it needs",
  () => {
    const { complaints, exposure, allowed } = judgeDropIn("nginx.service", sandboxed);
    expect(complaints).toBe("");
    expect(exposure).toBeLessThan(3);
    // nginx cannot access the sockets of D-Bus, systemd and the resolver. Through these sockets, nginx could reach a name server, or
    // services that execute commands for root.
    expect(sandboxed).toContain("InaccessiblePaths=-/run/dbus -/run/systemd/private -/run/systemd/resolve\n");
    const dropIn = contentOf(terminate, "/etc/systemd/system/nginx.service.d/platform.conf");
    expect(dropIn).toMatch(/^StartLimitIntervalSec=0\n\n\[Service\]\nRestart=always\nRestartSec=1s$/m);
    expect(allowed.filter((each) => !allowedToAll.includes(each))).toEqual([
      "CapabilityBoundingSet_CAP_CHOWN_FSETID_SETFCAP",
      "CapabilityBoundingSet_CAP_DAC_FOWNER_IPC_OWNER",
      "CapabilityBoundingSet_CAP_KILL",
      "CapabilityBoundingSet_CAP_NET_BIND_SERVICE_BROADCAST_RAW)",
      "CapabilityBoundingSet_CAP_SET_UID_GID_PCAP",
      "UMask",
      "UserOrDynamicUser",
    ]);
  },
);
