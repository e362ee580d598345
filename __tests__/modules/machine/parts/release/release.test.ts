import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { releasePart } from "../../../../../modules/machine/parts/release/index.js";
import { exampleConfig } from "../../../../support/config.js";
import { contentOf, partOf, temporaryFolder, writeBelow } from "../../../../support/payload-files.js";
import { runTool } from "../../../../support/tools.js";

const part = partOf(releasePart);

describe("the release's part", () => {
  it("is one package and two files", () => {
    expect(part.packages).toEqual(["curl"]);
    expect(part.files?.map(({ path }) => path)).toEqual(["/etc/platform/release.env", "/usr/local/sbin/fetch-release"]);
    expect(part.commands).toBeUndefined();
  });

  it("names the configuration's release", () => {
    const application = { url: "https://releases.foobar.com/release-2.0.0.tar.gz", sha256: "a".repeat(64) };
    expect(contentOf(partOf(releasePart, exampleConfig({ application })), "/etc/platform/release.env")).toMatch(
      /^RELEASE_URL=https:\/\/releases\.foobar\.com\/release-2\.0\.0\.tar\.gz\nRELEASE_SHA256=a{64}\n$/m,
    );
  });
});

/** fetch-release with a local archive instead of the network, as a user who need not be root. */
function fetch(script: string): string[] {
  const folder = temporaryFolder();
  const standIn = (name: string, body: string) => ({
    path: `bin/${name}`,
    content: `#!/bin/bash\n${body}\n`,
    permissions: "0755",
  });
  const program = contentOf(part, "/usr/local/sbin/fetch-release")
    .replace("install -d -o nobody -g nogroup", "install -d")
    .replace("chown -R root:root", "true");
  writeBelow(folder, [
    { path: "fetch-release", content: program, permissions: "0755" },
    standIn("curl", 'echo curl >>downloads; while [ "$1" != --output ]; do shift; done; cp r.tgz "$2"'),
    standIn("setpriv", 'while [[ $1 == --* ]]; do shift; done; exec "$@"'),
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
  it("unpacks the one program, downloads it once, and leaves nothing else behind", () => {
    expect(fetch("get mysql-group; get mysql-group; cat opt/x/main downloads; ls -A opt")).toEqual([
      "fetch-release: /opt/x is mysql-group of https://archive.test/r.tgz",
      "exit 0",
      "exit 0",
      "main",
      "curl",
      "x",
    ]);
  });

  it("downloads once when asked twice at the same time", () => {
    const output = fetch("get app & get app & wait; wc -l <downloads");
    expect(output.filter((line) => line === "exit 0")).toHaveLength(2);
    expect(output.at(-1)).toBe("1");
  });

  it("makes what it unpacks readable for everybody and writable for root", () => {
    expect(fetch("chmod 600 r/mysql-group/main; pack; get mysql-group; stat -c %a opt/x opt/x/main").slice(-2)).toEqual(
      ["755", "644"],
    );
  });

  it.each([
    [
      "another SHA-256",
      `get app ${"0".repeat(64)}`,
      /^SHA-256 of https:\/\/archive\.test\/r\.tgz: wanted 0{64}, got \w{64}$/,
    ],
    ["links", "ln -s /etc/passwd r/app/x; pack; get app", /^the tarball holds more than files and folders$/],
    ["no tarball", "echo x >r.tgz; get app", /^not a gzipped tarball$/],
    ["a release without the program", "get other", /^the release has no other$/],
    [
      "what cannot be downloaded",
      "sha=$(sha); rm r.tgz; get app $sha",
      /^cannot download https:\/\/archive\.test\/r\.tgz$/,
    ],
  ])("refuses %s, and leaves nothing behind", (_, script, reason) => {
    const output = fetch(`${script}; ls -A opt`);
    const said = output.filter((line) => line.startsWith("fetch-release: ")).map((line) => line.slice(15));
    expect(said).toEqual([expect.stringMatching(reason)]);
    expect(output.at(-1)).toBe("exit 1");
  });

  it("explains itself, and refuses wrong arguments", () => {
    const wrong = ["http://archive.test/r.tgz", "https://archive.test/r.tgz"].map(
      (url) =>
        `./fetch-release ${url} ${url.startsWith("https") ? "abc" : "0".repeat(64)} app /x >/dev/null 2>&1; echo "exit $?"`,
    );
    expect(fetch(`./fetch-release --help | head -n 1; ${wrong.join("; ")}`)).toEqual([
      "usage: fetch-release URL SHA256 PROGRAM FOLDER",
      "exit 2",
      "exit 2",
    ]);
  });
});
