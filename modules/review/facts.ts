import type { PolicyResult } from "./policies/index.js";

/** Payload of one server, as it goes to Hetzner. */
export interface PayloadFacts {
  readonly server: string;
  /** Encoded size, with secrets of realistic length. */
  readonly bytes: number;
  /** Short hash of the literal part. */
  readonly hash: string;
}

/** A part of the review that another concept adds, such as monitoring its monitors by area. */
export interface ReviewSection {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** What the review tells besides the configuration. */
export interface ReviewFacts {
  readonly payloads: readonly PayloadFacts[];
  readonly policies: readonly PolicyResult[];
  /** Whether `TF_VAR_datadog_api_key` is set, if that is known. */
  readonly hasDatadogApiKey: boolean | undefined;
  /** Day of the review. */
  readonly today: Date;
  /** @default none */
  readonly sections?: readonly ReviewSection[];
}
