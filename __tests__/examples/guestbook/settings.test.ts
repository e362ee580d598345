import { describe, expect, it } from "vitest";
import { readSettings } from "../../../examples/guestbook/src/settings.js";

const complete = {
  SITE_DOMAIN: "www.foobar.com",
  ENVIRONMENT: "example",
  DATABASE_WRITE: "127.0.0.1:6446",
  DATABASE_READ: "127.0.0.1:6447",
  DATABASE_NAME: "app",
  DATABASE_USER: "app",
  DATABASE_PASSWORD_FILE: "/etc/app/database-password",
  DATABASE_CA_FILE: "/etc/app/mysql-ca.pem",
  DATABASE_TLS_NAME: "mysql.internal",
};
const readFile = (path: string): string => `content of ${path}\n`;

describe("settings", () => {
  it("settings of the guestbook that are not set get their default values", () =>
    expect(readSettings(complete, readFile)).toEqual({
      listen: { host: "127.0.0.1", port: 3000 },
      siteDomain: "www.foobar.com",
      environment: "example",
      logLevel: "info",
      faultInjection: false,
      database: {
        write: { host: "127.0.0.1", port: 6446 },
        read: { host: "127.0.0.1", port: 6447 },
        name: "app",
        user: "app",
        password: "content of /etc/app/database-password",
        ca: "content of /etc/app/mysql-ca.pem",
        tlsName: "mysql.internal",
      },
    }));

  it("the guestbook reads all its settings from environment variables", () => {
    const environment = { ...complete, HOST: "::1", PORT: "8080", LOG_LEVEL: "debug", ENABLE_FAULT_INJECTION: "1" };
    expect(readSettings(environment, readFile)).toMatchObject({
      listen: { host: "::1", port: 8080 },
      logLevel: "debug",
      faultInjection: true,
    });
  });

  it.each([
    [{ PORT: "0" }, 'PORT: must be between 1 and 65535, got "0"'],
    [{ DATABASE_WRITE: "localhost" }, 'DATABASE_WRITE: must be HOST:PORT, got "localhost"'],
    [{ DATABASE_READ: "a:70000" }, 'DATABASE_READ: must be HOST:PORT, got "a:70000"'],
    [{ DATABASE_NAME: "" }, "DATABASE_NAME: is required, got nothing; set it in the environment"],
    [{ LOG_LEVEL: "loud" }, 'LOG_LEVEL: must be one of debug, info, warn, error, got "loud"'],
    [{ ENABLE_FAULT_INJECTION: "yes" }, 'ENABLE_FAULT_INJECTION: must be one of 0, 1, got "yes"'],
  ])("the guestbook rejects the settings %j", (change, problem) =>
    expect(() => readSettings({ ...complete, ...change }, readFile)).toThrow(`environment: 1 problem\n  ${problem}`),
  );

  it("the guestbook rejects an empty or missing password file without showing its content", () => {
    expect(() => readSettings(complete, (path) => (path.includes("password") ? " \n" : "x"))).toThrow(
      "DATABASE_PASSWORD_FILE: must name a file with content, got the empty file /etc/app/database-password",
    );
    expect(() => readSettings({ ...complete, DATABASE_CA_FILE: "/nonexistent" })).toThrow(
      "DATABASE_CA_FILE: must name a readable file, got ENOENT",
    );
  });

  it("the guestbook reports all problems of its settings at once", () =>
    expect(() => readSettings({}, readFile)).toThrow("environment: 9 problems"));
});
