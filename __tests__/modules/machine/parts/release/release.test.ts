import { execFile } from "node:child_process";
import { once } from "node:events";
import { createServer as createPlainServer, type Server as PlainServer } from "node:http";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it, onTestFinished } from "vitest";
import { mysqlPart } from "../../../../../modules/machine/parts/mysql/index.js";
import { releasePart } from "../../../../../modules/machine/parts/release/index.js";
import { exampleConfig } from "../../../../support/config.js";
import { contentOf, partOf, temporaryFolder, writeBelow } from "../../../../support/payload-files.js";
import { hasTool, isRoot, runTool } from "../../../../support/tools.js";
import { makeCertificate } from "../../../../examples/guestbook/support/certificate.js";

const part = partOf(releasePart);

it("the file release.env contains the address and checksum of the configured release", () => {
  const application = { url: "https://releases.foobar.com/release-2.0.0.tar.gz", sha256: "a".repeat(64) };
  expect(contentOf(partOf(releasePart, exampleConfig({ application })), "/etc/platform/release.env")).toMatch(
    /^RELEASE_URL='https:\/\/releases\.foobar\.com\/release-2\.0\.0\.tar\.gz'\nRELEASE_SHA256=a{64}\n$/m,
  );
});

it("the setup installs the platform's scripts from the configured release, and fails if it cannot install them", () => {
  const folder = temporaryFolder();
  // The end of this signed URL contains characters that a shell would interpret.
  const url = "https://releases.foobar.com/release.tar.gz?expires=1&name=a;b(c)*";
  const part = partOf(releasePart, exampleConfig({ application: { url } }));
  const setup = (part.setup ?? "")
    .replace("/etc/platform/release.env", join(folder, "release.env"))
    .replace("/usr/local/sbin/fetch-release", join(folder, "fetch-release"));
  writeBelow(folder, [
    { path: "release.env", content: contentOf(part, "/etc/platform/release.env") },
    { path: "fetch-release", content: '#!/bin/sh\necho "$*"\nexit 1\n', permissions: "0755" },
  ]);
  const { sha256 } = exampleConfig().application;
  expect(runTool("sh", ["-c", setup])).toEqual({ status: 1, output: `${url} ${sha256} platform /opt/platform\n` });
});

/**
 * Runs fetch-release with a local archive instead of the network.
 * @param isLeftAsItIs if false, the program is changed so that it does not require root
 */
function fetch(script: string, { isLeftAsItIs = false } = {}): string[] {
  const folder = temporaryFolder();
  const standIn = (name: string, body: string) => ({
    path: `bin/${name}`,
    content: `#!/bin/bash\n${body}\n`,
    permissions: "0755",
  });
  const whole = contentOf(part, "/usr/local/sbin/fetch-release");
  const unprivileged = whole
    .replace("install -d -o nobody -g nogroup", "install -d")
    .replace("chown -R root:root", "true")
    .replace("setpriv --reuid=nobody --regid=nogroup --clear-groups --no-new-privs", "");
  writeBelow(folder, [
    { path: "fetch-release", content: isLeftAsItIs ? whole : unprivileged, permissions: "0755" },
    standIn("curl", 'echo curl >>downloads; while [ "$1" != --output ]; do shift; done; cp r.tgz "$2"'),
    ...(isLeftAsItIs ? [standIn("tar", '[ "$1" != -xz ] || echo "$(id -un) $(id -Gn)"; exec /bin/tar "$@"')] : []),
    standIn("sync", 'echo "sync $*" >>steps'),
    standIn("mv", 'echo "mv $*" >>steps; exec /bin/mv "$@"'),
    {
      path: "test.sh",
      content: `
        cd ${folder}; export PATH=${folder}/bin:$PATH; mkdir -p r/app r/mysql-group; echo main >r/mysql-group/main
        pack() { tar -czf r.tgz -C r .; }
        sha() { sha256sum r.tgz | cut -d' ' -f1; }
        get() { ./fetch-release https://archive.test/r.tgz "\${2-$(sha)}" "$1" ${folder}/opt/x 2>&1; echo "exit $?"; }
        pack
        ${script}`,
    },
  ]);
  return runTool("bash", [join(folder, "test.sh")])
    .output.replaceAll(folder, "")
    .trim()
    .split("\n");
}

describe("fetch-release", () => {
  it("fetch-release downloads the release once and leaves only the requested program", () => {
    expect(fetch("get mysql-group; get mysql-group; cat opt/x/main downloads; ls -A opt")).toEqual([
      "fetch-release: /opt/x is mysql-group of https://archive.test/r.tgz",
      "exit 0",
      "exit 0",
      "main",
      "curl",
      "x",
    ]);
  });

  it("fetch-release deletes the files that an interrupted run left", () => {
    expect(fetch("mkdir -p opt/.fetch.AAAAAA/release; get app; ls -A opt").at(-1)).toBe("x");
  });

  it("fetch-release downloads a release once if two runs start at the same time", () => {
    const output = fetch("get app & get app & wait; wc -l <downloads");
    expect(output.filter((line) => line === "exit 0")).toHaveLength(2);
    expect(output.at(-1)).toBe("1");
  });

  it("fetch-release syncs the folder to disk before renaming it, so that a power cut leaves a complete program or no program", () => {
    expect(fetch("get app; sed 's/fetch[.][^/]*/work/' steps").slice(-3)).toEqual([
      expect.stringMatching(/^mv .*\.sha256$/),
      "sync -f /opt/.work/release/app",
      "mv -T /opt/.work/release/app /opt/x",
    ]);
  });

  it.each([
    ["an empty file", ": >opt/x/main"],
    ["a missing file", "rm opt/x/main"],
    ["a missing checksum list", "rm opt/x/.sha256"],
    ["an empty checksum list", ": >opt/x/.sha256"],
  ])("fetch-release detects a program with %s and fetches it again", (_, damage) => {
    const check = "./fetch-release --check /$PWD/opt/x; echo $?";
    expect(
      fetch(`get mysql-group >&2; ${check}; ${damage}; ${check}; get mysql-group >&2; ${check}; cat opt/x/main`).filter(
        (line) => !line.includes(" "),
      ),
    ).toEqual(["0", "1", "0", "main"]);
  });

  it("fetch-release makes unpacked files readable for all users and writable only for root", () => {
    expect(fetch("chmod 600 r/mysql-group/main; pack; get mysql-group; stat -c %a opt/x opt/x/main").slice(-2)).toEqual(
      ["755", "644"],
    );
  });

  it("fetch-release supports file names with special characters", () => {
    const script = "touch 'r/mysql-group/a b' \"r/mysql-group/it's\"; pack; get mysql-group";
    expect(
      fetch(
        `${script}; ./fetch-release --check /$PWD/opt/x; echo $?; rm 'opt/x/a b'; ./fetch-release --check /$PWD/opt/x; echo $?`,
      ),
    ).toEqual(["fetch-release: /opt/x is mysql-group of https://archive.test/r.tgz", ...["exit 0", "0", "1"]]);
  });

  it("fetch-release writes the checksums itself, even if the program contains such a file", () => {
    const script = "echo other >r/mysql-group/.sha256; pack; get mysql-group; get mysql-group; cat downloads";
    expect(fetch(script).slice(1)).toEqual(["exit 0", "exit 0", "curl"]);
  });

  it("fetch-release removes setuid bits and does not depend on the umask", () => {
    const output = fetch("umask 077; chmod 4755 r/mysql-group/main; pack; get mysql-group; stat -c %a opt opt/x/main");
    expect(output.slice(-2)).toEqual(["755", "755"]);
  });

  it.each([
    [
      "a release with another SHA-256",
      `get app ${"0".repeat(64)}`,
      /^SHA-256 of https:\/\/archive\.test\/r\.tgz: wanted 0{64}, got \w{64}$/,
    ],
    [
      "a release with links",
      "ln -s /etc/passwd r/app/x; pack; get app",
      /^the tarball must contain only files and folders$/,
    ],
    ["a file that is not a tarball", "echo x >r.tgz; get app", /^not a gzipped tarball$/],
    ["a release without the program", "get other", /^the release has no other$/],
    ["a failed download", "sha=$(sha); rm r.tgz; get app $sha", /^cannot download https:\/\/archive\.test\/r\.tgz$/],
  ])("fetch-release rejects %s and leaves nothing behind", (_, script, reason) => {
    const output = fetch(`${script}; ls -A opt`);
    const said = output.filter((line) => line.startsWith("fetch-release: ")).map((line) => line.slice(15));
    expect(said).toEqual([expect.stringMatching(reason)]);
    expect(output.at(-1)).toBe("exit 1");
  });

  it("fetch-release prints help and rejects wrong arguments", () => {
    const [url, sha] = ["https://archive.test/r.tgz", "0".repeat(64)];
    const wrong = [
      `http://archive.test/r.tgz ${sha} app /x`,
      `${url} abc app /x`,
      `${url} ${sha}0 app /x`,
      `${url} ${sha} ../app /x`,
      `${url} ${sha} app x`,
      `${url} ${sha} app`,
      "",
    ].map((words) => `./fetch-release ${words} >/dev/null 2>&1; echo "exit $?"`);
    expect(fetch(`./fetch-release --help | head -n 1; ${wrong.join("; ")}; ls downloads x 2>/dev/null`)).toEqual([
      "usage: fetch-release URL SHA256 PROGRAM FOLDER",
      ...wrong.map(() => "exit 2"),
    ]);
  });
});

describe("downloads of fetch-release", () => {
  const tooLarge = 50 * 1024 ** 2 + 1;

  /** Serves the test's paths on two ports, one with TLS and one without. */
  async function serve(): Promise<{ readonly url: string; readonly certificate: string }> {
    const listening = async (server: PlainServer | Server): Promise<string> => {
      onTestFinished(() => void server.close());
      await once(server.listen(0, "localhost"), "listening");
      return `localhost:${(server.address() as AddressInfo).port}`;
    };
    const { certificate, key } = makeCertificate("localhost");
    let asked = 0;
    const plain = await listening(createPlainServer((_, response) => response.end("release")));
    const secure = await listening(
      createServer({ cert: certificate, key }, ({ url }, response) => {
        if (url === "/release") response.end("release");
        else if (url === "/moved") response.writeHead(302, { location: "/release" }).end();
        else if (url === "/moved-to-http") response.writeHead(302, { location: `http://${plain}/release` }).end();
        else if (url === "/busy" && (asked += 1) < 3) response.writeHead(503).end();
        else if (url === "/busy") response.end("release");
        else if (url === "/large") response.writeHead(200, { "content-length": tooLarge }).end(Buffer.alloc(tooLarge));
        else response.writeHead(404).end("release");
      }),
    );
    return { url: `https://${secure}`, certificate };
  }

  /**
   * Returns the output of fetch-release with the real curl. By default, curl trusts the certificate. The download fails because its SHA-256
   * is wrong.
   */
  async function attempt(path: string, isTrusted = true): Promise<string> {
    const { url, certificate } = await serve();
    const folder = temporaryFolder();
    writeBelow(folder, [
      { path: "ca.pem", content: isTrusted ? certificate : makeCertificate("localhost").certificate },
      { path: "fetch-release", content: contentOf(part, "/usr/local/sbin/fetch-release") },
    ]);
    const args = [join(folder, "fetch-release"), `${url}${path}`, "0".repeat(64), "app", join(folder, "opt/x")];
    const env = { ...process.env, CURL_CA_BUNDLE: join(folder, "ca.pem"), NO_PROXY: "*" };
    const failure = await promisify(execFile)("bash", args, { env }).catch((error: unknown) => error);
    return (failure as { stderr: string }).stderr.replaceAll(url, "").trim().split("\n").at(-1) ?? "";
  }

  const hasCurl = hasTool("curl", "how fetch-release downloads");

  it.runIf(hasCurl).each(["/release", "/moved", "/busy"])(
    "fetch-release downloads over https and retries a busy host: %s",
    async (path) => {
      expect(await attempt(path)).toMatch(new RegExp(`^fetch-release: SHA-256 of ${path}: wanted 0{64}`));
    },
  );

  it("fetch-release ends a download before systemd stops the unit that waits for the download", () => {
    const program = contentOf(part, "/usr/local/sbin/fetch-release");
    const [connecting, whole, again] = ["connect-timeout", "max-time", "retry"].map((name) =>
      Number(new RegExp(`--${name} (\\d+) `).exec(program)?.[1]),
    ) as [number, number, number];
    const unit = contentOf(partOf(mysqlPart), "/etc/systemd/system/mysql-group.service");
    // curl waits one second before the first retry. Each further pause is twice as long.
    expect(whole + 2 ** again).toBeLessThan(Number(/^TimeoutStartSec=(\d+)$/m.exec(unit)?.[1]));
    expect(connecting).toBeLessThanOrEqual(whole / 10);
  });

  it.runIf(hasCurl).each(["/moved-to-http", "/large", "/gone"])(
    "fetch-release rejects a redirect to http, a large file and a missing file: %s",
    async (path) => {
      expect(await attempt(path)).toBe(`fetch-release: cannot download ${path}`);
    },
  );

  it.runIf(hasCurl)("fetch-release rejects a server with an untrusted certificate", async () => {
    expect(await attempt("/release", false)).toBe("fetch-release: cannot download /release");
  });
});

it.runIf(isRoot("the user that fetch-release unpacks as"))(
  "fetch-release unpacks a release as nobody and then makes root its owner",
  () => {
    const output = fetch(
      "chmod 755 .; chown -R 12345 r; touch r/app/main; pack; get app; stat -c %u:%g opt/x opt/x/main",
      {
        isLeftAsItIs: true,
      },
    );
    expect(output).toEqual(["nobody nogroup", expect.stringMatching(/ is app of /), "exit 0", "0:0", "0:0"]);
  },
);
