import type { PolicyResult } from "./policies/index.js";

/** Payload of one server, as it is sent to Hetzner. */
export interface PayloadFacts {
  readonly server: string;
  /** Encoded size, with secrets of realistic length. */
  readonly bytes: number;
  /** Short hash of the literal part. */
  readonly hash: string;
}

/** A section of the review from another module, for example the monitors by area. */
export interface ReviewSection {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** Data of the review in addition to the configuration. */
export interface ReviewFacts {
  readonly payloads: readonly PayloadFacts[];
  readonly policies: readonly PolicyResult[];
  /** Whether `TF_VAR_datadog_api_key` is set. @default - unknown */
  readonly hasDatadogApiKey: boolean | undefined;
  /** Day of the review. */
  readonly today: Date;
  /** @default none */
  readonly sections?: readonly ReviewSection[];
}
