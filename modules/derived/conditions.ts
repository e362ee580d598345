import { isSpread } from "./loss.js";
import type { Config } from "../config/schema.js";

/** A condition on the configuration, with a text that documents show for conditional table lines. */
export interface ConfigCondition {
  /** Text that follows "when", for example "monitoring is enabled". */
  readonly text: string;
  readonly holds: (config: Config) => boolean;
}

/** The Datadog agent runs on every server. */
export const monitored: ConfigCondition = {
  text: "monitoring is enabled",
  holds: ({ monitoring }) => monitoring.enabled,
};

/** The load balancer terminates TLS. */
export const terminates: ConfigCondition = { text: 'tls is "terminate"', holds: ({ tls }) => tls === "terminate" };

/** nginx terminates TLS. */
export const passesThrough: ConfigCondition = {
  text: 'tls is "passthrough"',
  holds: ({ tls }) => tls === "passthrough",
};

/** Administrators may log in by SSH. */
export const administered: ConfigCondition = {
  text: "administrators.cidrs names networks",
  holds: ({ administrators }) => administrators.cidrs.length > 0,
};

/** A separate command of the release updates the database schema. */
export const migrating: ConfigCondition = {
  text: "application.migrate is set",
  holds: ({ application }) => application.migrate !== undefined,
};

/** The application may connect to other hosts than the database. */
export const reachingOut: ConfigCondition = {
  text: "application.egress names networks",
  holds: ({ application }) => application.egress.length > 0,
};

export const privatelyReleased: ConfigCondition = {
  text: "application.storage is set",
  holds: ({ application }) => application.storage !== undefined,
};

export const backedUp: ConfigCondition = { text: "backup is set", holds: ({ backup }) => backup !== undefined };

export const restoring: ConfigCondition = { text: "restore is set", holds: ({ restore }) => restore !== undefined };

/** Database members relay writes of web servers that cannot reach the primary: with two web servers, the link between them may be cut. */
export const relaying: ConfigCondition = { text: "servers are in several locations", holds: isSpread };
