import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { create } from "tar";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildRelease } from "../../release/build.js";
import { problemsOfEntries } from "../../release/check/entries.js";
import { checkRelease } from "../../release/check.js";
import { readSettings } from "../../release/settings.js";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "check-test-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** A service that answers its health. */
const server = `import { createServer } from "node:http";
createServer((request, response) => response.writeHead(request.url === "/healthz" ? 503 : 404).end())
  .listen(Number(process.env.PORT), process.env.HOST);
`;
const sound = {
  "app/package.json": '{"type":"module"}',
  "app/server.js": server,
  "app-runs/a.py": "",
  "mysql-group/a.py": "",
  "mysql-backup/a.py": "",
  "platform/a": "",
};

interface MakeProps {
  /** More files, or other ones; `undefined` leaves one out. */
  readonly files?: Readonly<Record<string, string | undefined>>;
  /** Links by their path. */
  readonly links?: Readonly<Record<string, string>>;
  readonly executable?: readonly string[];
}

let made = 0;
const make = async ({ files = {}, links = {}, executable = [] }: MakeProps = {}): Promise<string> => {
  const cwd = join(folder, String((made += 1)));
  for (const [path, content] of Object.entries({ ...sound, ...files })) {
    if (content === undefined) continue;
    mkdirSync(join(cwd, dirname(path)), { recursive: true });
    writeFileSync(join(cwd, path), content);
  }
  for (const [path, target] of Object.entries(links)) symlinkSync(target, join(cwd, path));
  for (const path of executable) chmodSync(join(cwd, path), 0o755);
  const file = `${cwd}.tar.gz`;
  const programs = ["app", "app-runs", "mysql-group", "mysql-backup", "platform"].filter((program) =>
    Object.entries({ ...sound, ...files }).some(
      ([path, content]) => content !== undefined && path.startsWith(`${program}/`),
    ),
  );
  await create({ cwd, file, gzip: true }, programs);
  return file;
};

const settingsOf = async (application: object) => {
  const file = join(folder, `settings-${(made += 1)}.json`);
  writeFileSync(file, JSON.stringify({ application }));
  return readSettings(file);
};

const node = "/usr/bin/node";

describe("a release is checked: of", () => {
  it("a sound one nothing is found, though its database is away", async () =>
    expect(await checkRelease(await make(), await readSettings())).toEqual([]));

  it.each<[string, MakeProps, object, RegExp, RegExp]>([
    [
      "no application",
      { files: { "app/server.js": undefined, "app/package.json": undefined } },
      {},
      /no app\//,
      /app:build/,
    ],
    ["no programs of the platform", { files: { "mysql-group/a.py": undefined } }, {}, /no mysql-group\//, /app:build/],
    ["a link", { links: { "app/shadow": "/etc/shadow" } }, {}, /^app\/shadow: a link to \/etc\/shadow/, /cp -L/],
    [
      "no file of the command",
      {},
      { command: [node, "main.js"] },
      /^application\.command: .* no app\/main\.js/,
      /build/,
    ],
    ["no program", {}, { command: ["./serve"] }, /no app\/serve/, /build/],
    [
      "a program that cannot be executed",
      { files: { "app/serve": "#!/bin/sh\n" } },
      { command: ["./serve"] },
      /^application\.command: app\/serve is not executable/,
      /chmod \+x/,
    ],
    ["no migrations", {}, { migrate: [node, "migrate.js"] }, /^application\.migrate: .* no app\/migrate\.js/, /build/],
    [
      "no module of a worker",
      { files: { "app/poll/__init__.py": "" } },
      { workers: { tally: { command: ["/usr/bin/python3", "-m", "poll.tally"] } } },
      /^application\.workers\.tally\.command: .* no app\/poll\/tally\.py/,
      /build/,
    ],
    ["JavaScript that is none", { files: { "app/b.js": "}" } }, {}, /^app\/b\.js: .*SyntaxError/, /correct/],
    ["Python that is none", { files: { "app/a.py": "", "app/b.py": "if" } }, {}, /b\.py.*SyntaxError/, /correct/],
    ["a shell script that is none", { files: { "app/b.sh": "if" } }, {}, /^app\/b\.sh: /, /correct/],
    [
      "a process that ends",
      { files: { "app/server.js": "throw new Error('no key')" } },
      {},
      /ends at once: .*no key/,
      /try it/,
    ],
    ["another health path", {}, { healthPath: "/alive" }, /^\/alive: answers 404/, /application\.healthPath/],
    [
      "a health that asks the database",
      { files: { "app/server.js": server.replace("503", "500") } },
      {},
      /answers 500 while the database is away/,
      /without asking/,
    ],
  ])("%s it says so, with the fix", async (_, props, application, what, fix) => {
    const [found, ...more] = await checkRelease(await make(props), await settingsOf(application));
    expect(found).toMatchObject({ kind: "problem", what: expect.stringMatching(what) as string });
    expect(found?.fix).toMatch(fix);
    expect(more).toEqual([]);
  });

  it("absolute paths and paths out of it, it names each", async () => {
    const file = join(folder, "absolute.tar.gz");
    const outside = join(folder, "outside");
    writeFileSync(outside, "x");
    await create({ cwd: join(folder), file, gzip: true, preservePaths: true }, [outside]);
    const what = (await checkRelease(file, await readSettings())).map((finding) => finding.what);
    expect(what[0]).toBe(`${outside}: an absolute path`);
  });

  it("a path that leads out of the release, it names it", () => {
    const entries = [{ path: "app/../../evil", type: "File", executable: false }];
    expect(problemsOfEntries(entries)[0]?.what).toBe("app/../../evil: leads out of the release");
  });

  it("200 MiB of zeros, it reports the damage within seconds", async () => {
    const file = join(folder, "zeros.tar.gz");
    writeFileSync(file, gzipSync(Buffer.alloc(200 * 1024 ** 2)));
    const start = performance.now();
    expect(await checkRelease(file, await readSettings())).toMatchObject([{ what: "the tarball is damaged" }]);
    expect(performance.now() - start).toBeLessThan(20_000);
  });

  it("what is no tarball, or too large for a server, it reads no further", async () => {
    const file = join(folder, "no-tarball");
    writeFileSync(file, "text");
    expect(await checkRelease(file, await readSettings())).toMatchObject([{ what: "it is no gzipped tarball" }]);
    truncateSync(file, 51 * 1024 * 1024);
    expect(await checkRelease(file, await readSettings())).toMatchObject([
      { what: "the tarball has 51 MiB, servers take 50" },
    ]);
  });

  it("a program that this machine has not, it says that it could not try", async () => {
    const settings = await settingsOf({ command: ["/usr/bin/no-such-runtime", "server.js"] });
    expect(await checkRelease(await make(), settings)).toMatchObject([
      {
        kind: "not-checked",
        what: expect.stringContaining("/usr/bin/no-such-runtime is not on this machine") as string,
      },
    ]);
  });

  it.each(["guestbook", "poll"])("the example %s nothing is found", async (name) => {
    const application = `examples/${name}`;
    const { path } = await buildRelease({ folder, application });
    const found = await checkRelease(path, await readSettings(`${application}/environment.json`));
    expect(found.filter(({ kind }) => kind === "problem")).toEqual([]);
  });
});

describe("settings", () => {
  it.each(["../../../evil", "a/b", "lower"])(
    "cannot name a secret %s, which would be a path of a file",
    async (name) => {
      await expect(settingsOf({ secrets: { [name]: { maxBytes: 1 } } })).rejects.toThrow(
        /must be a name of at most 63 capital letters/,
      );
    },
  );
});

describe("what is no release", () => {
  it("is named, with what to name instead", async () => {
    for (const path of [join(folder, "nowhere.tar.gz"), folder])
      expect(await checkRelease(path, await readSettings())).toEqual([
        { kind: "problem", what: `${path} is no file`, fix: "name the tarball that `npm run app:build` made" },
      ]);
  });

  it("of settings too", async () => {
    await expect(readSettings(join(folder, "nowhere.json"))).rejects.toThrow(/nowhere\.json: must be a file with JSON/);
    writeFileSync(join(folder, "settings.json"), "{");
    await expect(readSettings(join(folder, "settings.json"))).rejects.toThrow(
      /settings\.json: must be a file with JSON/,
    );
  });
});
