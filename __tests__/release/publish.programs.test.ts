import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { request } from "node:http";
import { createServer, type AddressInfo } from "node:net";
import { createServer as createTlsServer } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { releasePart } from "../../modules/machine/parts/release/index.js";
import { secretFilesOf } from "../../modules/derived/secrets.js";
import type { ServerConfig } from "../../modules/config/schema.js";
import { buildRelease } from "../../release/build.js";
import { publishRelease } from "../../release/publish.js";
import { makeCertificate } from "../examples/guestbook/support/certificate.js";
import { exampleConfig } from "../support/config.js";
import { contentOf, partOf, temporaryFolder, writeBelow } from "../support/payload-files.js";
import { hasTool, runToolBeside } from "../support/tools.js";

const python = "/opt/moto/bin/python";
const keys = { owner: "OWNER:ownersecret", download: "DOWNLOAD:downloadsecret" };
const bucket = "foobar-releases";
const region = "nbg1";

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
};

const isPossible = ["curl", python].every((tool) => hasTool(tool, "private releases in an object storage"));

describe.runIf(isPossible)("a private release", () => {
  const folder = mkdtempSync(join(tmpdir(), "publish-"));
  const stop: (() => void)[] = [];
  let storage: { readonly endpoint: string; readonly region: string; readonly bucket: string };
  let https: string;
  let tarball: string;

  /** Starts the lab's object storage with a bucket but without TLS, and a TLS server in front of the storage. */
  beforeAll(async () => {
    const port = await freePort();
    const settings = { keys, writers: {}, bucket: null, region, port, releases: { bucket, objects: {} } };
    writeBelow(folder, [{ path: "settings.json", content: JSON.stringify(settings) }]);
    const program = spawn(python, ["lab/stand-ins/archive/archive.py", "serve", join(folder, "settings.json")]);
    stop.push(() => program.kill());
    storage = { endpoint: `http://127.0.0.1:${port}`, region, bucket };
    const { certificate, key } = makeCertificate("localhost");
    writeBelow(folder, [{ path: "ca.pem", content: certificate }]);
    const front = createTlsServer({ cert: certificate, key }, (visitor, answer) => {
      const { method, url, headers } = visitor;
      const onward = request({ port, method, path: url, headers }, (response) => {
        answer.writeHead(response.statusCode ?? 502, response.headers);
        response.pipe(answer);
      });
      visitor.pipe(onward);
    }).listen(0, "localhost");
    await once(front, "listening");
    stop.push(() => front.close());
    https = `https://localhost:${(front.address() as AddressInfo).port}`;
    tarball = (await buildRelease({ folder })).path;
    while (!(await fetch(storage.endpoint).catch(() => undefined))) await setTimeout(100);
  }, 60_000);
  afterAll(() => {
    stop.forEach((end) => end());
    rmSync(folder, { recursive: true });
  });

  it("app:publish uploads a release once, not publicly, with the SHA-256 in its name", async () => {
    const first = await publishRelease(tarball, storage, keys.owner);
    expect(first).toMatchObject({ wasThere: false, isPublic: false });
    expect(first.url).toBe(`${storage.endpoint}/${bucket}/release-${first.sha256}.tar.gz`);
    expect(await publishRelease(tarball, storage, keys.owner)).toEqual({ ...first, wasThere: true });
  });

  it("app:publish never replaces an object with other content", async () => {
    writeBelow(folder, [{ path: "one.tar.gz", content: "one" }]);
    const one = join(folder, "one.tar.gz");
    const { url } = await publishRelease(one, storage, keys.owner);
    const { AwsClient } = await import("aws4fetch");
    const client = new AwsClient({ accessKeyId: "OWNER", secretAccessKey: "ownersecret", region, service: "s3" });
    await client.fetch(url, { method: "PUT", body: "other" });
    await expect(publishRelease(one, storage, keys.owner)).rejects.toThrow("it was not replaced");
    expect(await (await client.fetch(url)).text()).toBe("other");
  });

  it.each([
    ["a key that may only read", keys.download, /cannot be written, the object storage returned 403; check/],
    ["a key with a wrong secret", "OWNER:wrong", /cannot be read, the object storage returned 403; check/],
    ["an incomplete key", "OWNER", /^app:publish: RELEASE_PUBLISH_KEY must be "KEY:SECRET"/],
  ])("app:publish does not upload a release with %s", async (_, key, words) => {
    writeBelow(folder, [{ path: "two.tar.gz", content: "two" }]);
    const failure = publishRelease(join(folder, "two.tar.gz"), storage, key);
    await expect(failure).rejects.toThrow(words);
    await expect(failure).rejects.not.toThrow(/ownersecret|wrong"|downloadsecret/);
  });

  /** Runs fetch-release like a server whose configuration contains the bucket. */
  async function download(url: string, sha256: string, key: string, { traced = false } = {}) {
    const config = exampleConfig({
      application: { url: undefined, storage: { endpoint: "https://nbg1.foobar.com", region, bucket } },
    });
    const file = secretFilesOf(config, config.servers[0] as ServerConfig).shared.find(({ path }) =>
      path.endsWith("/release-key"),
    );
    const home = temporaryFolder();
    const script = contentOf(partOf(releasePart, config), "/usr/local/sbin/fetch-release")
      .replace("https://nbg1.foobar.com/", `${https}/`)
      .replace("/etc/platform/release-key", join(home, "release-key"))
      .replace("install -d -o nobody -g nogroup", "install -d")
      .replace("chown -R root:root", "true")
      .replace("setpriv --reuid=nobody --regid=nogroup --clear-groups --no-new-privs", "")
      .replace("--retry 5", "--retry 0");
    writeBelow(home, [
      { path: "fetch-release", content: script, permissions: "0755" },
      { path: "release-key", content: file?.content(() => key) ?? "" },
      // This script runs the real curl and records its command line, which all users of a server can see.
      {
        path: "bin/curl",
        content: `#!/bin/sh\necho "$*" >>${home}/seen\nexec /usr/bin/curl "$@"\n`,
        permissions: "0755",
      },
    ]);
    const target = join(home, "opt/app");
    const result = await runToolBeside("env", [
      ...[`CURL_CA_BUNDLE=${join(folder, "ca.pem")}`, "NO_PROXY=*", `PATH=${home}/bin:${process.env["PATH"]}`],
      ...["bash", ...(traced ? ["-x"] : []), join(home, "fetch-release"), url, sha256, "app", target],
    ]);
    return {
      ...result,
      isThere: existsSync(join(target, "server.js")),
      seen: readFileSync(join(home, "seen"), "utf8"),
    };
  }

  it("a server downloads a private release with the read-only key, which appears in no output and no command line", async () => {
    const { sha256 } = await publishRelease(tarball, storage, keys.owner);
    const url = `${https}/${bucket}/release-${sha256}.tar.gz`;
    const { status, output, isThere, seen } = await download(url, sha256, keys.download, { traced: true });
    expect({ status, isThere }).toEqual({ status: 0, isThere: true });
    expect(output + seen).not.toMatch(/DOWNLOAD|downloadsecret/);
  });

  it("the download of a private release fails with a wrong key or without a key, and the key is not sent to URLs outside the bucket", async () => {
    const { sha256 } = await publishRelease(tarball, storage, keys.owner);
    const url = `${https}/${bucket}/release-${sha256}.tar.gz`;
    for (const key of ["DOWNLOAD:wrong", "OTHER:downloadsecret", ""]) {
      const { status, output, isThere } = await download(url, sha256, key);
      expect({ status, isThere }).toEqual({ status: 1, isThere: false });
      expect(output).toContain(`fetch-release: cannot download ${url}`);
    }
    const other = `${https}/other-bucket/release-${sha256}.tar.gz`;
    const { seen } = await download(other, sha256, keys.download);
    expect(seen).not.toContain("--config");
  });
});
