import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { packageFilesOf } from "../../../modules/machine/compose/index.js";
import { paths } from "../../../modules/platform/paths.js";
import { exampleConfig } from "../../support/config.js";
import { httpServer } from "../../support/listening.js";
import { temporaryFolder, writeBelow } from "../../support/payload-files.js";
import { hasTools, runToolBeside } from "../../support/tools.js";

const program = readFileSync("ops/commands/files/package-files.py", "utf8");
const source = "etc/apt/sources.list.d/mysql.list";

/**
 * Starts a vendor's web server with one key. Creates the files of a running server that has the previous key and the previous package
 * source.
 */
async function situation() {
  const requests: string[] = [];
  const address = await httpServer((request, response) => {
    requests.push(request.url ?? "");
    if (request.url === "/next-key") return response.end("the next key\n");
    return response.writeHead(404).end();
  });
  const folder = temporaryFolder();
  writeBelow(folder, [
    { path: "os-release", content: 'NAME="Debian"\nVERSION_CODENAME=trixie\n' },
    { path: source, content: "deb [signed-by=key] https://repo.example trixie mysql-9.7-lts\n" },
    { path: "apt-keys", content: "before\n" },
    { path: "key", content: "the previous key\n" },
  ]);
  /** Makes the server download the key from this path of the vendor's web server, like `npm run ops upgrade`. */
  const deliver = (path: string) => {
    const url = `${address}/${path}`;
    const files = [
      { path: join(folder, "apt-keys"), content: `${folder}/key ${url}\n` },
      { path: join(folder, source), content: "deb [signed-by=key] https://repo.example $RELEASE mysql-10-lts\n" },
    ];
    writeBelow(folder, [
      { path: "program.py", content: program.replace("/etc/os-release", `${folder}/os-release`) },
      { path: "input", content: JSON.stringify(files) },
    ]);
    return runToolBeside("sh", ["-c", `python3 -I ${folder}/program.py <${folder}/input`]);
  };
  return { folder, deliver, requests, read: (path: string) => readFileSync(join(folder, path), "utf8") };
}

describe.runIf(
  hasTools(["python3", "/usr/lib/apt/apt-helper"], "the delivery of a vendor's new key to running servers"),
)("the delivery of a vendor's new key to a running server", () => {
  it("npm run ops upgrade downloads a vendor's new signing key with apt's own download program before it writes the package source", async () => {
    const { folder, deliver, read } = await situation();
    const { status, output } = await deliver("next-key");
    expect(status).toBe(0);
    expect(output.split("\n")).toEqual(
      expect.arrayContaining([join(folder, "apt-keys"), join(folder, source)]) as string[],
    );
    expect(read("key")).toBe("the next key\n");
    expect(read(source)).toBe("deb [signed-by=key] https://repo.example trixie mysql-10-lts\n");
    expect(existsSync(join(folder, `${source}.new`))).toBe(false);
  });

  it("npm run ops upgrade downloads no signing key if the server already has the vendor's current key", async () => {
    const { deliver, requests } = await situation();
    await deliver("next-key");
    const asked = requests.length;
    expect(await deliver("next-key")).toEqual({ status: 0, output: "" });
    expect(requests).toHaveLength(asked);
  });

  it("npm run ops upgrade keeps the old package source if the signing key cannot be downloaded, because the source would not work", async () => {
    const { deliver, read } = await situation();
    const { status } = await deliver("missing-key");
    expect(status).not.toBe(0);
    expect(read(source)).toContain("mysql-9.7-lts");
    expect(read("apt-keys")).toBe("before\n");
    expect(read("key")).toBe("the previous key\n");
  });
});

const ofAlpha = packageFilesOf(exampleConfig(), { roles: ["web", "database"] });

it("npm run ops upgrade sends each server the package sources of both vendors, the URLs of their keys and the keys' expiry dates", () => {
  expect(ofAlpha.map(({ path }) => path).sort()).toEqual(
    [
      paths.ends,
      paths.setup.aptKeys,
      ...["datadog", "mysql"].map((name) => `/etc/apt/sources.list.d/${name}.list`),
    ].sort(),
  );
});

it("npm run ops upgrade sends servers the signing key from the configuration instead of the default key", () => {
  const publishedKey = {
    url: "https://repo.mysql.com/RPM-GPG-KEY-mysql-2027",
    fingerprints: ["A".repeat(40)],
    ends: "2029-10-23",
  };
  const files = packageFilesOf(exampleConfig({ aptSources: { mysql: { publishedKey } } }), { roles: ["database"] });
  const content = (path: string): string => files.find((one) => one.path === path)?.content ?? "";
  expect(content(paths.setup.aptKeys)).toContain(publishedKey.url);
  expect(content(paths.ends)).toContain("2029-10-23 ends: key of MySQL's apt repository");
});
