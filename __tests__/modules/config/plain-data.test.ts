import { describe, expect, it } from "vitest";
import { findProblems } from "../../../modules/config/check.js";
import { problemLine } from "../../../modules/config/problem.js";
import { exampleInput } from "../../support/config.js";
import { linesOf } from "./mistake.js";

const plain = "must be plain data (texts, numbers, true, false, lists and objects)";
const itself: Record<string, unknown> = {};
itself["self"] = itself;

/** Values that are not plain data, with the expected message. */
const strangeValues: readonly (readonly [value: unknown, words: string])[] = [
  [() => "x", `${plain}, got a function; call it, and write its result`],
  [async () => Promise.resolve({}), `${plain}, got a function; call it, and write its result`],
  [Symbol("x"), `${plain}, got a symbol; write it as a text`],
  [20n, `${plain}, got a bigint; write it as a number, without n`],
  [new Date(0), `${plain}, got a Date; write it as a text`],
  [new Map(), `${plain}, got a Map; write it as an object { … }`],
  [new Set(), `${plain}, got a Set; write it as a list [ … ]`],
  [/x/, `${plain}, got a regular expression; write it as a text`],
  [Promise.resolve({}), `${plain}, got a promise; write \`await\` before it`],
  [new Proxy({}, {}), `${plain}, got a proxy; write it as an object { … }`],
  [new (class Settings {})(), `${plain}, got an object of a class, or with __proto__; write it as an object { … }`],
  [
    { __proto__: { enabled: false } },
    `${plain}, got an object of a class, or with __proto__; write it as an object { … }`,
  ],
];

describe("values that are no plain data", () => {
  it.each(strangeValues)("rejects the value %o in every section", (value, words) => {
    for (const section of ["domain", "monitoring", "administrators", "backups"])
      expect(findProblems("production", { ...exampleInput(), [section]: value }).map(problemLine)).toContain(
        `${section}: ${words}`,
      );
  });

  it("rejects objects that contain themselves, nest too deeply or have too many entries", () => {
    let deep = {};
    for (let level = 0; level < 100_000; level += 1) deep = { deep };
    expect(linesOf({ network: itself })[0]).toBe(
      'network.self: must not contain itself, got "itself"; write out the value',
    );
    expect(linesOf({ network: deep })[0]).toMatch(
      /^network(\.deep){10}: must have at most 10 levels, got "more"; remove it$/,
    );
    expect(
      linesOf({ monitoring: { receivers: { notUrgent: Array.from({ length: 3000 }, (_, index) => `@a${index}`) } } }),
    ).toEqual(["monitoring.receivers.notUrgent: must have at most 1000 entries, got 3000; list only what is needed"]);
  });

  it("escapes and shortens names of settings, so that they cannot add lines to the report", () => {
    expect(linesOf({ "a\nb\u001b[31m\u202e": 1 })[0]).toMatch(/^a\\u000ab\\u001b\[31m\\u202e: is not a known setting/);
    expect(linesOf({ ["x".repeat(100_000)]: 1 })[0]?.length).toBeLessThan(600);
  });

  it("does not show values that may be secrets", () => {
    const written = {
      apiToken: "s3cret",
      cloudflare: { api_key: "s3cret" },
      application: { secrets: { KEY: "s3cret" } },
    };
    const recipients = ["AGE-SECRET-KEY-1S3CRET", "age-secret-key-1s3cret"];
    const lines = linesOf({ ...written, backup: { recipients } }).join("\n");
    expect(lines).toContain("apiToken: is not a known setting");
    expect(lines).not.toMatch(/s3cret/i);
  });

  it("rejects __proto__ as a name, because JavaScript drops it", () => {
    const servers = { ...exampleInput().servers };
    Object.defineProperty(servers, "__proto__", {
      enumerable: true,
      value: { privateIp: "10.0.1.134", roles: ["web"] },
    });
    expect(findProblems("production", { ...exampleInput(), servers }).map(problemLine)).toEqual([
      'servers.__proto__: must have another name, got "__proto__"; choose a plain word',
    ]);
  });

  it("rejects a getter without reading it", () => {
    const input = Object.defineProperty({ ...exampleInput() }, "domain", {
      enumerable: true,
      get: () => {
        throw new Error("read");
      },
    });
    expect(findProblems("production", input).map(problemLine)).toEqual([
      `domain: ${plain}, got "a getter"; write the value`,
    ]);
  });

  it.each([
    [Number.NaN, "must be a number, got NaN; write a number"],
    [Number.POSITIVE_INFINITY, "must be a number, got Infinity; write a number"],
    [20.5, "must be a whole number, got 20.5; write a whole number"],
  ])("rejects the number %o and shows it unchanged", (value, words) => {
    expect(linesOf({ database: { volumeSizeGb: value } })).toEqual([`database.volumeSizeGb: ${words}`]);
  });

  it.each(["constructor", "toString", "hasOwnProperty", "valueOf"])(
    "does not mistake the inherited property %s for a known name",
    (name) => {
      for (const setting of ["serverType", "location"] as const)
        expect(linesOf({ [setting]: name })[0]).toMatch(
          new RegExp(`^${setting}: must be a known .*, got "${name}"; choose`),
        );
      expect(linesOf({ [name]: 1 })[0]).toContain(`${name}: is not a known setting, got 1; `);
      expect(linesOf({ monitoring: { monitors: { [name]: {} } } })[0]).toContain(
        `monitoring.monitors.${name}: is not a known setting`,
      );
    },
  );
});
