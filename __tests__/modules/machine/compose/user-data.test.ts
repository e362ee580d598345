import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import type { Config, ServerConfig } from "../../../../modules/config/schema.js";
import {
  allSecretParts,
  compressedShared,
  payloadHash,
  payloadOf,
  payloadSize,
  plainFilesOf,
  renderCloudConfig,
  secretsAtHand,
  serverUserData,
  maximumBytes,
  warningBytes,
} from "../../../../modules/machine/compose/index.js";
import { secretFilesOf, type SecretFile } from "../../../../modules/derived/secrets.js";
import { exampleBackup, exampleConfig } from "../../../support/config.js";
import { temporaryFolder, writeBelow } from "../../../support/payload-files.js";
import { serverOf, splitServers } from "../../../support/servers.js";
import { hasTool, runTool } from "../../../support/tools.js";

const terminate = exampleConfig();
const passthrough = exampleConfig({ tls: "passthrough" });
/** Returns the example configuration with a secret of the application. */
const withSecret = (maxBytes: number): Config =>
  exampleConfig({ application: { secrets: { PAYMENT_KEY: { maxBytes } } }, servers: splitServers });
const split = exampleConfig({ servers: splitServers, monitoring: { enabled: false } });

function userData(config: Config, name: string, prefix = "secret"): string {
  const server = serverOf(config, name);
  const secrets = allSecretParts(
    config,
    server,
    secretsAtHand((secret) => `${prefix}-${secret}`),
  );
  return serverUserData({ config, server, secrets });
}
const bodiesOf = (text: string): string[] =>
  [...text.matchAll(/base64\n\n([A-Za-z0-9+/=]+)\n/g)].map(([, body]) => body ?? "");
const partsOf = (text: string): string[] =>
  bodiesOf(text).map((body) => gunzipSync(Buffer.from(body, "base64")).toString());
const secretFilesOn = (config: Config, server: string): readonly SecretFile[] => {
  const { shared, own } = secretFilesOf(config, serverOf(config, server));
  return [...shared, ...own];
};

interface Written {
  write_files: {
    path: string;
    owner: string;
    permissions: string;
    defer: boolean;
    encoding?: string;
    content: string;
  }[];
}

it("user data is a MIME message with four compressed parts: shared payload, own payload, shared secrets and own secrets", () => {
  const text = userData(terminate, "alpha");
  expect(text.startsWith('Content-Type: multipart/mixed; boundary="==platform-payload=="\nMIME-Version: 1.0\n')).toBe(
    true,
  );
  const parts = partsOf(text);
  expect(parts).toHaveLength(4);
  const plain = plainFilesOf(terminate, serverOf(terminate, "alpha")).map(({ content }) => content);
  expect(parts.slice(0, 2)).toEqual([plain.at(0), plain.at(-1)]);
});

it("user data makes cloud-init append the files of later MIME parts instead of replacing the list", () => {
  const [shared, ...later] = partsOf(userData(terminate, "alpha")).map((part) => parse(part) as object);
  expect(shared).not.toHaveProperty("merge_how");
  for (const part of later)
    expect(part).toMatchObject({ merge_how: "list(append)+dict(no_replace,recurse_list)+str()" });
});

const [alpha, bravo] = ["alpha", "bravo"].map((name) => bodiesOf(userData(terminate, name))) as [string[], string[]];

it("servers with the same roles have equal bytes in their shared payload and their shared secrets", () => {
  expect([bravo[0], bravo[2]]).toEqual([alpha[0], alpha[2]]);
  expect(bravo[1]).not.toBe(alpha[1]);
});

it("the shared payload contains no server's name, because files with a name are server-specific", () => {
  const [shared = "", own = ""] = partsOf(userData(terminate, "alpha"));
  for (const { name } of terminate.servers) expect(shared).not.toMatch(new RegExp(`\\b${name}\\b`));
  expect((parse(own) as Written).write_files.map(({ path }) => path)).toEqual([
    "/etc/nftables/own-address.nft",
    "/etc/systemd/system/apt-daily-upgrade.timer.d/60-platform.conf",
    "/etc/datadog-agent/datadog.yaml",
    "/etc/mysql/server.cnf",
    "/etc/mysql-group/group.json",
    "/etc/systemd/system/haproxy.service.d/own-address.conf",
    "/etc/nginx/snippets/listen-http.conf",
    "/etc/nginx/snippets/listen-http-default.conf",
  ]);
});

describe.each([
  ["terminate", terminate, "alpha"],
  ["passthrough", passthrough, "alpha"],
  ["a web server alone", split, "front"],
  ["a database server alone", split, "left"],
] as const)("secrets with %s", (_, config, server) => {
  const [shared = "", own = "", ...secrets] = partsOf(userData(config, server));
  const files = secrets.flatMap((secret) => (parse(secret) as Written).write_files);

  it("secrets in the user data are the declared files, written once their owners exist, and only owners can read them, except certificates", () => {
    expect(files.length).toBeGreaterThan(0);
    expect(files.map(({ path }) => path)).toEqual(secretFilesOn(config, server).map(({ path }) => path));
    const mode = (path: string): string => (/(ca|server|origin)\.pem$/.test(path) ? "0644" : "0600");
    expect(files.map(({ permissions, defer }) => `${permissions} ${defer ?? false}`)).toEqual(
      secretFilesOn(config, server).map(({ path, owner }) => `${mode(path)} ${owner !== "root"}`),
    );
  });

  it("secret files in the user data have the declared contents", () => {
    const decoded = files.map(({ content, encoding }) =>
      encoding === "b64" ? Buffer.from(content, "base64").toString() : content,
    );
    expect(decoded).toEqual(secretFilesOn(config, server).map((file) => file.content((name) => `secret-${name}`)));
    expect(decoded.join("\n")).toContain("secret-");
  });

  it("secrets that the operator sets are in base64, and secrets that Terraform generates are plain text", () => {
    expect(files.filter(({ encoding }) => encoding === "b64").map(({ path }) => path)).toEqual(
      secretFilesOn(config, server)
        .filter(({ needs }) => needs.includes("datadogApiKey"))
        .map(({ path }) => path),
    );
  });

  it("a changed secret changes only its own part of the user data", () => {
    const [text, others] = [userData(config, server), userData(config, server, "other")];
    const withoutSecrets = (whole: string): string =>
      bodiesOf(whole)
        .slice(2)
        .reduce((rest, body) => rest.replace(body, ""), whole);
    expect(bodiesOf(others).slice(2)).not.toEqual(bodiesOf(text).slice(2));
    expect(withoutSecrets(others)).toBe(withoutSecrets(text));
  });

  it("the parts of the user data that contain no secrets do not refer to a secret", () => {
    expect(`${shared}${own}`).not.toMatch(/\$\{(?!distro_codename|RELEASE_|[0-9#])[A-Z_.]+\.[a-z]/);
  });
});

describe("size and hash", () => {
  it.each([
    ["terminate", terminate],
    ["passthrough, whose servers carry the origin's certificate and key too,", passthrough],
  ])("with %s, user data uses at most seven eighths of Hetzner's size limit", (_, config) => {
    for (const server of config.servers) expect(payloadSize(config, server)).toBeLessThanOrEqual(warningBytes);
  });

  it.each([
    [1024, "every setting and an RSA key", 1],
    // During the first rotation, servers trust the old RSA authority and the new ECDSA authority.
    [512, "every setting during the first rotation of the origin pull authority", 2],
    [1024, "every setting after it", 3],
  ])("user data stays %i bytes below Hetzner's size limit with %s", (free, _, originPullAuthority) => {
    const config = exampleConfig({
      generations: { originPullAuthority },
      tls: "passthrough",
      certificate: { keyType: "rsa" },
      backup: exampleBackup,
      restore: { timeline: "0c5d9b1e-4e0f-4c65-9a7e-2c51f1f7a111", at: "2026-11-20T10:00:00Z" },
      application: {
        command: ["/usr/bin/gunicorn", "--bind", "127.0.0.1:3000", "poll:app"],
        packages: ["gunicorn", "python3-flask", "python3-pymysql"],
        environment: { LOG_LEVEL: "info", GREETING: "hello" },
        secrets: { PAYMENT_KEY: { maxBytes: 128 }, MAIL_PASSWORD: { maxBytes: 64 } },
        egress: [
          { cidr: "198.51.100.0/28", ports: [443] },
          { cidr: "2001:db8:1::/48", ports: [443] },
        ],
        staticFolder: "static",
        migrate: ["/usr/bin/python3", "-m", "poll.migrate"],
        workers: { mail: { command: ["./mail"] }, cache: { command: ["./cache"], on: "all" } },
        schedules: { report: { command: ["./report"], at: "Mon..Fri 06:00 Europe/Berlin" } },
      },
    });
    const sizes = config.servers.map((server) => payloadSize(config, server));
    expect(Math.max(...sizes)).toBeLessThanOrEqual(maximumBytes - free);
  });

  it.runIf(hasTool("openssl", "sizes of certificates"))(
    "the estimated size of the user data covers real certificates while two MySQL authorities are trusted, with at most 1000 bytes to spare",
    () => {
      const config = exampleConfig(
        { servers: splitServers, generations: { databaseAuthority: 99 } },
        "abcdefghijklmnopqrst",
      );
      const member = serverOf(config, "left");
      const folder = temporaryFolder();
      const certificate = (
        name: string,
        ...more: readonly string[]
      ): { readonly key: string; readonly pem: string } => {
        const made = runTool("openssl", [
          ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "3650"],
          ...["-subj", `/CN=${name}`, "-keyout", `${folder}/key`, "-out", `${folder}/pem`, ...more],
        ]);
        expect(made).toMatchObject({ status: 0 });
        return { key: readFileSync(`${folder}/key`, "utf8"), pem: readFileSync(`${folder}/pem`, "utf8") };
      };
      const authorities = [98, 99].map((generation) => certificate(`${config.environment} MySQL CA ${generation}`).pem);
      const names = `subjectAltName=DNS:left,DNS:mysql.internal,IP:${member.privateIp}`;
      const own = certificate("left", "-addext", names, "-addext", "extendedKeyUsage=serverAuth,clientAuth");
      const random = (length: number): string => randomBytes(length).toString("base64url").slice(0, length);
      const real = secretsAtHand((name) => {
        const files: Readonly<Record<string, string>> = {
          mysqlCa: authorities.join(""),
          mysqlServerCertificate: own.pem,
          mysqlServerKey: own.key,
          sshHostKey: random(119),
        };
        return files[name] ?? (name.endsWith("Passwords") ? `${random(32)}\n${random(32)}\n` : random(32));
      });
      const secrets = allSecretParts(config, member, real);
      const spare =
        payloadSize(config, member) - Buffer.byteLength(serverUserData({ config, server: member, secrets }));
      // The estimate assumes that texts are less compressible than PEM texts are.
      expect(spare).toBeGreaterThan(500);
      expect(spare).toBeLessThan(1000);
    },
  );

  it("the shared parts of the user data are compressed once per combination of roles", () => {
    expect(compressedShared(split, ["web"])).not.toBe(compressedShared(split, ["database"]));
    expect(compressedShared(split, ["web"])).toBe(compressedShared(split, ["web"]));
  });

  it("the payload hash fits a label and changes with the payload", () => {
    const hash = payloadHash(terminate, serverOf(terminate, "alpha"));
    expect(hash).toMatch(/^[0-9a-f]{12}$/);
    expect(payloadHash(terminate, serverOf(terminate, "bravo"))).not.toBe(hash);
    expect(payloadHash(exampleConfig(), serverOf(terminate, "alpha"))).toBe(hash);
  });

  it("the payload hash does not change with the release, because deploy-app installs releases on running servers", () => {
    const released = exampleConfig({
      application: { url: "https://releases.foobar.com/release-2.0.0.tar.gz", sha256: "1".repeat(64) },
    });
    expect(payloadHash(released, serverOf(released, "alpha"))).toBe(
      payloadHash(terminate, serverOf(terminate, "alpha")),
    );
  });

  it("the payload hash of a server does not change if servers are added", () => {
    const grown = exampleConfig({
      servers: {
        delta: { privateIp: "10.0.1.14", roles: ["database"] },
        echo: { privateIp: "10.0.1.15", roles: ["database"] },
        front: { privateIp: "10.0.1.128", roles: ["web"] },
      },
    });
    for (const name of ["alpha", "bravo", "charlie"])
      expect(payloadHash(grown, serverOf(grown, name))).toBe(payloadHash(terminate, serverOf(terminate, name)));
  });

  it("the payload hash changes with the origin certificate if the server has the certificate", () => {
    const hashOf = (config: Config, server: string): string => payloadHash(config, serverOf(config, server));
    const [first, second] = [1, 2].map((generation) =>
      exampleConfig({ servers: splitServers, tls: "passthrough", certificate: { generation } }),
    ) as [Config, Config];
    expect(hashOf(second, "front")).not.toBe(hashOf(first, "front"));
    expect(hashOf(second, "left")).toBe(hashOf(first, "left"));
    expect(hashOf(exampleConfig({ certificate: { generation: 2 } }), "alpha")).toBe(hashOf(terminate, "alpha"));
  });
});

it("the configuration review contains both cloud-configs and all files of the shared cloud-config as plain files", () => {
  const paths = (config: Config, name: string) => plainFilesOf(config, serverOf(config, name)).map(({ path }) => path);
  const left = paths(split, "left");
  expect([left.at(0), left.at(-1)]).toEqual(["roles/database.yaml", "servers/left.yaml"]);
  expect(left).toContain("roles/database/etc/nftables.conf");
  expect(paths(terminate, "alpha")[0]).toBe("roles/web+database.yaml");
  expect(paths(terminate, "alpha")).toContain("roles/web+database/etc/nginx/conf.d/site.conf");
});

it.runIf(hasTool("cloud-init", "payload against cloud-init's schema")).each([
  ["terminate", terminate, "alpha"],
  ["passthrough", passthrough, "alpha"],
  ["web alone", split, "front"],
  ["database alone", split, "left"],
] as const)("cloud-init accepts the payload: %s", (_, config, server) => {
  const folder = temporaryFolder();
  const payload = payloadOf(config, serverOf(config, server));
  writeBelow(folder, [{ path: "user-data", content: renderCloudConfig(payload) }]);
  const { status, output } = runTool("cloud-init", ["schema", "--config-file", `${folder}/user-data`]);
  expect(output).toContain("Valid cloud-config");
  expect(status).toBe(0);
});

it.runIf(hasTool("cloud-init", "merging of shared, own and secret files"))(
  "cloud-init merges all parts of the user data into one list of files and sets the server's host name",
  () => {
    const folder = temporaryFolder();
    writeBelow(folder, [{ path: "user-data", content: userData(terminate, "alpha") }]);
    const { status, output } = runTool("/usr/bin/python3", ["-c", merge, `${folder}/user-data`]);
    expect(output).toBe(`${payloadOf(terminate, serverOf(terminate, "alpha")).write_files.length + 12} 8 alpha\n`);
    expect(status).toBe(0);
  },
);

/** Python program that merges user data with cloud-init, and prints the number of files, the number of users and the hostname. */
const merge = `
import sys
from unittest import mock
from cloudinit import handlers, user_data, util
from cloudinit.handlers.cloud_config import CloudConfigPartHandler
paths = mock.Mock(**{"get_ipath.return_value": None})
with mock.patch("cloudinit.util.fetch_ssl_details", return_value={}):
    message = user_data.UserDataProcessor(paths).process(open(sys.argv[1], "rb").read())
handler = CloudConfigPartHandler(paths)
handler.handle_part(None, handlers.CONTENT_START, None, None, None, None)
for part in message.walk():
    if part.get_content_maintype() != "multipart":
        payload = util.fully_decoded_payload(part)
        handler.handle_part(None, part.get_content_type(), part.get_filename(), payload, None, dict(part.items()))
print(*(len(handler.cloud_buf[key]) for key in ("write_files", "users")), handler.cloud_buf["hostname"])
`;

it("an application secret is a file of the application's user on web servers only, and its maximum length counts for the size limit", () => {
  for (const { roles } of withSecret(64).servers) {
    const files = secretFilesOf(withSecret(64), { roles }).shared.filter(({ path }) =>
      path.includes("/secrets/payment"),
    );
    expect(files.map(({ path, owner }) => [path, owner])).toEqual(
      roles.includes("web") ? [["/etc/app/secrets/payment_key", "app"]] : [],
    );
  }
  const [small, large] = [withSecret(64), withSecret(1064)].map((config) =>
    payloadSize(config, config.servers.find(({ roles }) => roles.includes("web")) as ServerConfig),
  ) as [number, number];
  expect(large - small).toBeGreaterThan(1000);
});
