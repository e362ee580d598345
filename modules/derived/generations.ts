import type { Config } from "../config/schema.js";

/** What `npm run ops rotate` can replace: the setting with the generation, and a function that reads it. */
const settings = {
  "edge-token": ["generations.edgeToken", ({ generations }) => generations.edgeToken],
  "database-passwords": ["generations.databasePasswords", ({ generations }) => generations.databasePasswords],
  "database-authority": ["generations.databaseAuthority", ({ generations }) => generations.databaseAuthority],
  "ssh-host-keys": ["generations.sshHostKeys", ({ generations }) => generations.sshHostKeys],
  "origin-pull-authority": ["generations.originPullAuthority", ({ generations }) => generations.originPullAuthority],
  "origin-certificate": ["certificate.generation", ({ certificate }) => certificate.generation],
} as const satisfies Readonly<Record<string, readonly [setting: string, read: (config: Generations) => number]>>;

type Generations = Pick<Config, "generations" | "certificate">;

/** Name of a secret, or of several secrets that change together, as operators enter it. */
export type Rotated = keyof typeof settings;

/** All names. */
export const allRotated = Object.keys(settings) as readonly Rotated[];

/** Setting that an operator raises for a new secret. */
export const generationSetting = (what: Rotated): string => settings[what][0];

/** Generation in the configuration. */
export const generationOf = (config: Generations, what: Rotated): number => settings[what][1](config);

/**
 * Whether a new generation may be used immediately, because its verifiers already accept it. Cloudflare's edge accepts each origin certificate
 * that Cloudflare has issued.
 */
export const isUsedAtOnce = (what: Rotated): boolean => what === "origin-certificate";

/** Progress of the change from one generation to the next: `oldest` ≤ `used` ≤ `configured`, with a maximum difference of one. */
export interface RotationStage {
  /** Generation in the configuration. It is accepted as soon as it exists. */
  readonly configured: number;
  /** Generation that is presented to verifiers. */
  readonly used: number;
  /** Oldest generation that is still accepted. */
  readonly oldest: number;
}

/** Accepted generations, beginning with the used one. */
export const accepted = ({ configured, used, oldest }: RotationStage): readonly number[] => [
  ...new Set([used, configured, oldest]),
];
