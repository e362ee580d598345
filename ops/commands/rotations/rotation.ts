import type { Stage } from "../../../modules/derived/generations.js";
import type { Config, Role, ServerConfig } from "../../../modules/config/schema.js";
import type { SecretName } from "../../../modules/derived/secrets.js";
import type { Context } from "../../core/maintain.js";
import type { SecretValues } from "../../core/site.js";
import type { Report } from "../../core/site.js";

/** Inputs of a step of a rotation. */
export interface Moment extends Context {
  readonly stage: Stage;
  readonly values: SecretValues;
  /** Servers that cannot be reached now. They keep the old secret until the command runs again. */
  readonly absent: ReadonlyMap<string, string>;
  readonly report: Report;
}

/** Steps that differ between the rotations of secrets. */
export interface RotationProcedure {
  /** Secrets on servers that the rotation changes. */
  readonly secrets: readonly SecretName[];
  /** Whether servers only present the secret and verify nothing with it. @default false */
  readonly isOnlyShown?: boolean;
  /** Whether replacing the servers also activates the secret, so that no login is needed. @default false */
  readonly needsNoLogin?: boolean;
  /** Whether Cloudflare or the balancer also presents the secret. @default - never */
  readonly isShownOutside?: (config: Config) => boolean;
  /** First step of each stage, on the operator's machine. @default - none */
  readonly prepare?: (moment: Moment) => Promise<void>;
  /** @throws before any change if a server is too old for the rotation */
  readonly requireAble: (moment: Moment, server: ServerConfig) => Promise<void>;
  /** Makes the services of a server load the new files, which are given by path. The server stays healthy. */
  readonly takeUp: (moment: Moment, server: ServerConfig, paths: readonly string[]) => Promise<void>;
  /**
   * Checks that the servers accept and reject secrets as the stage requires, after they loaded the files.
   * @returns the first problem; `undefined` if there is none
   */
  readonly missing: (moment: Moment) => Promise<string | undefined>;
}

/** Reachable servers of the environment with a role. */
export const withRole = ({ site, absent }: Pick<Moment, "site" | "absent">, role: Role): readonly ServerConfig[] =>
  site.config.servers.filter(({ name, roles }) => roles.includes(role) && !absent.has(name));
