import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { create } from "tar";
import { afterAll, beforeAll, expect, it } from "vitest";
import { buildRelease } from "../../release/build.js";
import { problemsOfEntries } from "../../release/check/entries.js";
import { checkRelease } from "../../release/check.js";
import { readSettings } from "../../release/settings.js";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "check-test-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Application that answers requests for its health path. */
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
  /** Additional or changed files of the release; `undefined` removes a file. */
  readonly files?: Readonly<Record<string, string | undefined>>;
  /** Target of each symbolic link by the path of the link. */
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

it("app:check finds no problem in a valid release although the database is unavailable", async () =>
  expect(await checkRelease(await make(), await readSettings())).toEqual([]));

it.each<[string, MakeProps, object, RegExp, RegExp]>([
  [
    "a missing application",
    { files: { "app/server.js": undefined, "app/package.json": undefined } },
    {},
    /no app\//,
    /app:build/,
  ],
  [
    "missing programs of the platform",
    { files: { "mysql-group/a.py": undefined } },
    {},
    /no mysql-group\//,
    /app:build/,
  ],
  ["a symbolic link", { links: { "app/shadow": "/etc/shadow" } }, {}, /^app\/shadow: a link to \/etc\/shadow/, /cp -L/],
  [
    "a missing file of the command",
    {},
    { command: [node, "main.js"] },
    /^application\.command: .* no app\/main\.js/,
    /build/,
  ],
  ["a missing program", {}, { command: ["./serve"] }, /no app\/serve/, /build/],
  [
    "a program that cannot be executed",
    { files: { "app/serve": "#!/bin/sh\n" } },
    { command: ["./serve"] },
    /^application\.command: app\/serve is not executable/,
    /chmod \+x/,
  ],
  [
    "missing migrations",
    {},
    { migrate: [node, "migrate.js"] },
    /^application\.migrate: .* no app\/migrate\.js/,
    /build/,
  ],
  [
    "a missing module of a worker",
    { files: { "app/poll/__init__.py": "" } },
    { workers: { tally: { command: ["/usr/bin/python3", "-m", "poll.tally"] } } },
    /^application\.workers\.tally\.command: .* no app\/poll\/tally\.py/,
    /build/,
  ],
  ["invalid JavaScript", { files: { "app/b.js": "}" } }, {}, /^app\/b\.js: .*SyntaxError/, /correct/],
  ["invalid Python", { files: { "app/a.py": "", "app/b.py": "if" } }, {}, /b\.py.*SyntaxError/, /correct/],
  ["an invalid shell script", { files: { "app/b.sh": "if" } }, {}, /^app\/b\.sh: /, /correct/],
  [
    "a process that ends",
    { files: { "app/server.js": "throw new Error('no key')" } },
    {},
    /ends immediately: .*no key/,
    /run the command/,
  ],
  ["a missing health path", {}, { healthPath: "/alive" }, /^\/alive: returns 404/, /application\.healthPath/],
  [
    "a health path that depends on the database",
    { files: { "app/server.js": server.replace("503", "500") } },
    {},
    /returns 500 while the database is unavailable/,
    /without a database query/,
  ],
])("app:check reports %s and a fix", async (_, props, application, what, fix) => {
  const [found, ...more] = await checkRelease(await make(props), await settingsOf(application));
  expect(found).toMatchObject({ kind: "problem", what: expect.stringMatching(what) as string });
  expect(found?.fix).toMatch(fix);
  expect(more).toEqual([]);
});

it("app:check reports absolute paths in a release", async () => {
  const file = join(folder, "absolute.tar.gz");
  const outside = join(folder, "outside");
  writeFileSync(outside, "x");
  await create({ cwd: join(folder), file, gzip: true, preservePaths: true }, [outside]);
  const what = (await checkRelease(file, await readSettings())).map((finding) => finding.what);
  expect(what[0]).toBe(`${outside}: an absolute path`);
});

it("app:check reports a path that leads out of the release", () => {
  const entries = [{ path: "app/../../evil", type: "File", executable: false }];
  expect(problemsOfEntries(entries)[0]?.what).toBe("app/../../evil: leads out of the release");
});

it("app:check reports 200 MiB of zeros as damage within seconds", async () => {
  const file = join(folder, "zeros.tar.gz");
  writeFileSync(file, gzipSync(Buffer.alloc(200 * 1024 ** 2)));
  const start = performance.now();
  expect(await checkRelease(file, await readSettings())).toMatchObject([{ what: "the tarball is damaged" }]);
  expect(performance.now() - start).toBeLessThan(20_000);
});

it("app:check does not read a file that is not a tarball or is too large for servers", async () => {
  const file = join(folder, "no-tarball");
  writeFileSync(file, "text");
  expect(await checkRelease(file, await readSettings())).toMatchObject([{ what: "the file is not a gzipped tarball" }]);
  truncateSync(file, 51 * 1024 * 1024);
  expect(await checkRelease(file, await readSettings())).toMatchObject([
    { what: "the tarball has 51 MiB, but servers accept at most 50 MiB" },
  ]);
});

it("app:check reports that a check was skipped if its program is not installed", async () => {
  const settings = await settingsOf({ command: ["/usr/bin/no-such-runtime", "server.js"] });
  expect(await checkRelease(await make(), settings)).toMatchObject([
    {
      kind: "not-checked",
      what: expect.stringContaining("/usr/bin/no-such-runtime is not installed here") as string,
    },
  ]);
});

it.each(["guestbook", "python"])("app:check finds no problem in the example %s", async (name) => {
  const application = `examples/${name}`;
  const { path } = await buildRelease({ folder, application });
  const found = await checkRelease(path, await readSettings(`${application}/environment.json`));
  expect(found.filter(({ kind }) => kind === "problem")).toEqual([]);
});

it.each(["../../../evil", "a/b", "lower"])(
  "app:check rejects the secret name %s, which would be a file path",
  async (name) => {
    await expect(settingsOf({ secrets: { [name]: { maxBytes: 1 } } })).rejects.toThrow(
      /must be a name of at most 63 capital letters/,
    );
  },
);

it("app:check reports a release that is not a file", async () => {
  for (const path of [join(folder, "nowhere.tar.gz"), folder])
    expect(await checkRelease(path, await readSettings())).toEqual([
      { kind: "problem", what: `${path} is not a file`, fix: "use a tarball of `npm run app:build`" },
    ]);
});

it("app:check rejects settings that are not a JSON file", async () => {
  await expect(readSettings(join(folder, "nowhere.json"))).rejects.toThrow(/nowhere\.json: must be a file with JSON/);
  writeFileSync(join(folder, "settings.json"), "{");
  await expect(readSettings(join(folder, "settings.json"))).rejects.toThrow(/settings\.json: must be a file with JSON/);
});
