import type { PolicyResult } from "./policies/index.js";

/** Data about the payload of one server. */
export interface PayloadFacts {
  readonly server: string;
  /** Size of the encoded user data in bytes, with secrets of realistic length. */
  readonly bytes: number;
  /** Short hash of the payload; see `payloadHash`. */
  readonly hash: string;
}

/** A section of the review that another module provides, for example the monitors by area. */
export interface ReviewSection {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** Data that the review needs in addition to the configuration. */
export interface ReviewFacts {
  readonly payloads: readonly PayloadFacts[];
  readonly policies: readonly PolicyResult[];
  /** True if `TF_VAR_datadog_api_key` is set. @default - unknown */
  readonly hasDatadogApiKey: boolean | undefined;
  /** Date of the review. */
  readonly today: Date;
  /** Additional sections of the review. @default - none */
  readonly sections?: readonly ReviewSection[];
}
