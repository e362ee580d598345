import { isSpread } from "./loss.js";
import type { Config } from "../config/schema.js";

/** A condition on the configuration. Generated documents show the text of the condition. */
export interface ConfigCondition {
  /** Text of the condition that follows "when", for example "monitoring is enabled". */
  readonly text: string;
  readonly holds: (config: Config) => boolean;
}

/** Condition under which the Datadog agent runs on every server. */
export const monitored: ConfigCondition = {
  text: "monitoring is enabled",
  holds: ({ monitoring }) => monitoring.enabled,
};

/** Condition under which the load balancer terminates TLS. */
export const terminates: ConfigCondition = { text: 'tls is "terminate"', holds: ({ tls }) => tls === "terminate" };

/** Condition under which nginx terminates TLS. */
export const passesThrough: ConfigCondition = {
  text: 'tls is "passthrough"',
  holds: ({ tls }) => tls === "passthrough",
};

/** Condition under which administrators may log in with SSH. */
export const administered: ConfigCondition = {
  text: "administrators.cidrs names networks",
  holds: ({ administrators }) => administrators.cidrs.length > 0,
};

/** Condition under which a separate command of the release updates the database schema. */
export const migrating: ConfigCondition = {
  text: "application.migrate is set",
  holds: ({ application }) => application.migrate !== undefined,
};

/** Condition under which the application may connect to hosts other than the database. */
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

/**
 * Condition under which database members relay writes of web servers that cannot reach the primary. With several
 * locations, the connection between two locations may fail.
 */
export const relaying: ConfigCondition = { text: "servers are in several locations", holds: isSpread };
