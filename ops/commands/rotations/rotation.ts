import type { Stage } from "../../../modules/config/generations.js";
import type { ServerConfig } from "../../../modules/config/schema.js";
import type { SecretName } from "../../../modules/config/secrets.js";
import type { Context } from "../../core/maintain.js";
import type { SecretValues } from "../../core/site.js";
import type { Report } from "../../core/site.js";

/** What a step of a rotation works with. */
export interface Moment extends Context {
  readonly stage: Stage;
  readonly values: SecretValues;
  readonly report: Report;
}

/** What is particular about the rotation of one secret. */
export interface Rotation {
  /** Secrets of servers that it changes. */
  readonly secrets: readonly SecretName[];
  /** Whether Cloudflare or the balancer shows it, too. @default false */
  readonly isShownOutside?: boolean;
  /** Lets what runs on a server take the files up that were just put there. The server stays well. */
  readonly takeUp: (moment: Moment, server: ServerConfig) => Promise<void>;
  /**
   * What is missing until a server does as the stage says: accepts what is accepted, refuses what is not; `undefined` when nothing is.
   * @throws when the server is too old to be asked
   */
  readonly missing: (moment: Moment, server: ServerConfig) => Promise<string | undefined>;
}
