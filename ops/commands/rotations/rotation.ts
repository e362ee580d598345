import type { Stage } from "../../../modules/config/generations.js";
import type { Config, Role, ServerConfig } from "../../../modules/config/schema.js";
import type { SecretName } from "../../../modules/config/secrets.js";
import type { Context } from "../../core/maintain.js";
import type { SecretValues } from "../../core/site.js";
import type { Report } from "../../core/site.js";

/** What a step of a rotation works with. */
export interface Moment extends Context {
  readonly stage: Stage;
  readonly values: SecretValues;
  /** Servers that cannot be reached now. They keep the old secret until the command runs again. */
  readonly absent: ReadonlyMap<string, string>;
  readonly report: Report;
}

/** What is particular about the rotation of one secret. */
export interface RotationProcedure {
  /** Secrets of servers that it changes. */
  readonly secrets: readonly SecretName[];
  /** Whether servers only show it, and check nothing by it. @default false */
  readonly isOnlyShown?: boolean;
  /** Whether it can be put in force by replaced servers as well, so that nobody has to log in. @default false */
  readonly needsNoLogin?: boolean;
  /** Whether Cloudflare or the balancer shows it, too. @default - never */
  readonly isShownOutside?: (config: Config) => boolean;
  /** What comes first at each stage, on the side of whoever runs the command. @default - nothing */
  readonly prepare?: (moment: Moment) => Promise<void>;
  /** @throws when a server is too old to follow; nothing was changed yet */
  readonly requireAble: (moment: Moment, server: ServerConfig) => Promise<void>;
  /** Lets what runs on a server take up the files that were put there, named by their paths. The server stays well. */
  readonly takeUp: (moment: Moment, server: ServerConfig, paths: readonly string[]) => Promise<void>;
  /**
   * What is missing until the servers do as the stage says: accept what is accepted, refuse what is not. They have the files, and have
   * taken them up. `undefined` when nothing is.
   */
  readonly missing: (moment: Moment) => Promise<string | undefined>;
}

/** Reachable servers of the environment with a role. */
export const withRole = ({ site, absent }: Pick<Moment, "site" | "absent">, role: Role): readonly ServerConfig[] =>
  site.config.servers.filter(({ name, roles }) => roles.includes(role) && !absent.has(name));
