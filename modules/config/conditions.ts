import type { Config } from "./schema.js";

/** A condition on the configuration, in words too: documents say when a line of a table exists. */
export interface Condition {
  /** As it follows "when": "monitoring is enabled". */
  readonly text: string;
  readonly holds: (config: Config) => boolean;
}

/** The Datadog agent runs on every server. */
export const monitored: Condition = {
  text: "monitoring is enabled",
  holds: ({ monitoring }) => monitoring.enabled,
};

/** The balancer ends TLS. */
export const terminates: Condition = { text: 'tls is "terminate"', holds: ({ tls }) => tls === "terminate" };

/** nginx ends TLS. */
export const passesThrough: Condition = { text: 'tls is "passthrough"', holds: ({ tls }) => tls === "passthrough" };

/** Somebody may log in by SSH. */
export const administered: Condition = {
  text: "administrators.cidrs names networks",
  holds: ({ administrators }) => administrators.cidrs.length > 0,
};

/** A release brings the schema up to date by a command of its own. */
export const migrating: Condition = {
  text: "application.migrate is a command",
  holds: ({ application }) => application.migrate !== undefined,
};

/** The application may reach others than the database. */
export const reachingOut: Condition = {
  text: "application.egress names networks",
  holds: ({ application }) => application.egress.length > 0,
};

/** Servers download the release from a private bucket. */
export const privatelyReleased: Condition = {
  text: "application.storage names a bucket",
  holds: ({ application }) => application.storage !== undefined,
};

export const backedUp: Condition = { text: "backup names a bucket", holds: ({ backup }) => backup !== undefined };

export const restoring: Condition = { text: "restore names a moment", holds: ({ restore }) => restore !== undefined };
