import { readFileSync } from "node:fs";
import type { LogLevel } from "./log.js";

/** Host and port of a service. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** Addresses and credentials of the database. HAProxy listens on both addresses on loopback. TLS passes through HAProxy to a member. */
export interface DatabaseSettings {
  /** Address of HAProxy that always leads to the primary. */
  readonly write: Address;
  /** Address of HAProxy that is balanced over healthy replicas. */
  readonly read: Address;
  readonly name: string;
  readonly user: string;
  readonly password: string;
  /** PEM of the private CA that signed the members' certificates. */
  readonly ca: string;
  /** Name that every member's certificate must contain, because the address does not identify the member. */
  readonly tlsName: string;
}

/** Settings from environment variables. */
export interface Settings {
  /** Address on which the server listens if systemd passes no socket. */
  readonly listen: Address;
  readonly siteDomain: string;
  readonly environment: string;
  readonly logLevel: LogLevel;
  /** If true, the route `POST /api/_fail` exists. The route `POST /api/_fail` always fails, to test logging and alerting. */
  readonly faultInjection: boolean;
  readonly database: DatabaseSettings;
}

/**
 * Reads the settings from environment variables.
 * @throws Error with all problems
 */
export const readSettings = (
  environment: NodeJS.ProcessEnv,
  readFile: (path: string) => string = (path) => readFileSync(path, "utf8"),
): Settings => {
  const problems: string[] = [];
  const optional = (name: string, fallback: string): string => environment[name] || fallback;
  const required = (name: string): string => {
    const value = environment[name];
    if (!value) problems.push(`${name}: is required, got nothing; set it in the environment`);
    return value ?? "";
  };
  const address = (name: string): Address => {
    const value = required(name);
    const [, host = "", port = ""] = /^([^:]+):(\d{1,5})$/.exec(value) ?? [];
    if (value && !isPort(port)) problems.push(`${name}: must be HOST:PORT, got "${value}"`);
    return { host, port: Number(port) };
  };
  const file = (name: string): string => {
    const path = required(name);
    if (!path) return "";
    try {
      const content = readFile(path).trim();
      if (!content) problems.push(`${name}: must name a file with content, got the empty file ${path}`);
      return content;
    } catch (error) {
      problems.push(`${name}: must name a readable file, got ${(error as Error).message}`);
      return "";
    }
  };
  const choice = <T extends string>(name: string, allowed: readonly T[], fallback: T): T => {
    const value = allowed.find((candidate) => candidate === optional(name, fallback));
    if (!value) problems.push(`${name}: must be one of ${allowed.join(", ")}, got "${environment[name]}"`);
    return value ?? fallback;
  };
  const port = optional("PORT", "3000");
  if (!isPort(port)) problems.push(`PORT: must be between 1 and 65535, got "${port}"`);

  const settings: Settings = {
    listen: { host: optional("HOST", "127.0.0.1"), port: Number(port) },
    siteDomain: required("SITE_DOMAIN"),
    environment: required("ENVIRONMENT"),
    logLevel: choice("LOG_LEVEL", ["debug", "info", "warn", "error"], "info"),
    faultInjection: choice("ENABLE_FAULT_INJECTION", ["0", "1"], "0") === "1",
    database: {
      write: address("DATABASE_WRITE"),
      read: address("DATABASE_READ"),
      name: required("DATABASE_NAME"),
      user: required("DATABASE_USER"),
      password: file("DATABASE_PASSWORD_FILE"),
      ca: file("DATABASE_CA_FILE"),
      tlsName: required("DATABASE_TLS_NAME"),
    },
  };
  if (problems.length > 0)
    throw new Error(
      `environment: ${problems.length} ${problems.length === 1 ? "problem" : "problems"}\n  ${problems.join("\n  ")}`,
    );
  return settings;
};

const isPort = (text: string): boolean => /^\d+$/.test(text) && Number(text) >= 1 && Number(text) <= 65535;
