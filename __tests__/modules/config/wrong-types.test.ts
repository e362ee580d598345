import { describe, expect, it } from "vitest";
import { exampleSshKey } from "../../support/config.js";
import { linesOf } from "./mistake.js";

describe("values of a wrong type", () => {
  it.each([
    [() => "x", "must be a text in quotes, got a function"],
    [Symbol("x"), "must be a text in quotes, got a symbol"],
    [20n, "must be a text in quotes, got a bigint"],
    [Promise.resolve(""), "must be a text in quotes, got a promise"],
    [{ n: 20n }, "must be a text in quotes, got an object that JSON cannot represent"],
  ])("the configuration check rejects the value %o as a domain", (domain, words) => {
    expect(linesOf({ domain })[0]).toContain(`domain: ${words}; write a text in quotes`);
  });

  it("the configuration check escapes and shortens names of settings, so that a name cannot add lines to the report", () => {
    expect(linesOf({ "a\nb\u001b[31m\u202e": 1 })[0]).toMatch(/^a\\u000ab\\u001b\[31m\\u202e: is not a known setting/);
    expect(linesOf({ ["x".repeat(100_000)]: 1 })[0]?.length).toBeLessThan(600);
  });

  it("the configuration check does not show values that may be secrets", () => {
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

  it.each([
    [Number.NaN, "must be a number, got NaN; write a number"],
    [Number.POSITIVE_INFINITY, "must be a number, got Infinity; write a number"],
    [20.5, "must be a whole number, got 20.5; write a whole number"],
  ])("the configuration check rejects the number %o and shows it unchanged", (value, words) => {
    expect(linesOf({ database: { volumeSizeGb: value } })).toEqual([`database.volumeSizeGb: ${words}`]);
  });

  it.each<[string, Readonly<Record<string, unknown>>]>([
    ["servers", { servers: JSON.parse('{ "__proto__": {} }') as object }],
    ["application.secrets", { application: { secrets: JSON.parse('{ "__proto__": {} }') as object } }],
    ["monitoring.downtimes", { monitoring: { downtimes: Object.create({ night: {} }) as object } }],
    ["monitoring.receivers", { monitoring: { receivers: JSON.parse('{ "__proto__": [] }') as object } }],
  ])(
    "the configuration check reports the name __proto__ in %s once, because JavaScript would ignore it",
    (path, input) => {
      expect(linesOf(input).filter((line) => line.startsWith(`${path}.__proto__`))).toEqual([
        `${path}.__proto__: must not be used as a name, because JavaScript ignores it, got "__proto__"; choose another name`,
      ]);
    },
  );

  it.each<[string, Readonly<Record<string, unknown>>]>([
    ["administrators.sshKeys", { administrators: { sshKeys: { constructor: exampleSshKey } } }],
    ["application.schedules", { application: { schedules: { constructor: { command: ["./x"], at: "04:00" } } } }],
    ["monitoring.downtimes", { monitoring: { downtimes: { constructor: {} } } }],
  ])(
    "the configuration check reports the name constructor in %s, because no resource can have this name",
    (path, input) => {
      expect(linesOf(input)).toContain(
        `${path}.constructor: must not be constructor, because this name is reserved, got "constructor"; choose another`,
      );
    },
  );

  it.each(["constructor", "toString", "hasOwnProperty", "valueOf"])(
    "the configuration check does not accept the inherited property %s as a known name",
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
