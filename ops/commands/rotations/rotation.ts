import type { RotationStage } from "../../../modules/derived/generations.js";
import type { Config, Role, ServerConfig } from "../../../modules/config/schema.js";
import type { SecretName } from "../../../modules/derived/secrets.js";
import type { Context } from "../../core/maintain.js";
import type { SecretValues } from "../../core/site.js";
import type { Report } from "../../core/site.js";

/** Inputs of a step of a rotation. */
export interface Moment extends Context {
  readonly stage: RotationStage;
  readonly values: SecretValues;
  /** Servers that cannot be reached now, with the reason. They keep the old secret until the command runs again. */
  readonly absent: ReadonlyMap<string, string>;
  readonly report: Report;
}

/** Steps in which the rotations of the secrets differ. */
export interface RotationProcedure {
  /** Names of the secrets on servers that the rotation changes. */
  readonly secrets: readonly SecretName[];
  /** True if servers only present the secret, and do not use it to verify others. @default false */
  readonly isOnlyShown?: boolean;
  /** True if the secret can also be activated by replacing the servers, without a login. @default false */
  readonly needsNoLogin?: boolean;
  /** Returns true if Cloudflare or the load balancer also presents the secret. @default - never */
  readonly isShownOutside?: (config: Config) => boolean;
  /** Runs on the operator's machine before each stage. @default - none */
  readonly prepare?: (moment: Moment) => Promise<void>;
  /** Checks that a server supports the rotation. @throws Error before any change, if the server is too old */
  readonly requireAble: (moment: Moment, server: ServerConfig) => Promise<void>;
  /** Makes the services of a server load the new files with these paths. The server stays healthy. */
  readonly takeUp: (moment: Moment, server: ServerConfig, paths: readonly string[]) => Promise<void>;
  /**
   * Checks that the servers have loaded the files, and that they accept and reject secrets as the stage requires.
   * @returns the first problem, or `undefined`
   */
  readonly missing: (moment: Moment) => Promise<string | undefined>;
}

/** Returns the reachable servers with a role. */
export const withRole = ({ site, absent }: Pick<Moment, "site" | "absent">, role: Role): readonly ServerConfig[] =>
  site.config.servers.filter(({ name, roles }) => roles.includes(role) && !absent.has(name));
