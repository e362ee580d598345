import type { Config } from "../config/schema.js";

/**
 * Secrets that `npm run ops rotate` can replace. Each entry contains the name of the setting with the generation, and a
 * function that reads the setting.
 */
const settings = {
  "edge-token": ["generations.edgeToken", ({ generations }) => generations.edgeToken],
  "database-passwords": ["generations.databasePasswords", ({ generations }) => generations.databasePasswords],
  "database-authority": ["generations.databaseAuthority", ({ generations }) => generations.databaseAuthority],
  "ssh-host-keys": ["generations.sshHostKeys", ({ generations }) => generations.sshHostKeys],
  "origin-pull-authority": ["generations.originPullAuthority", ({ generations }) => generations.originPullAuthority],
  "origin-certificate": ["certificate.generation", ({ certificate }) => certificate.generation],
} as const satisfies Readonly<Record<string, readonly [setting: string, read: (config: Generations) => number]>>;

type Generations = Pick<Config, "generations" | "certificate">;

/** Name of a secret, or of several secrets that are replaced together, in the form that operators enter. */
export type Rotated = keyof typeof settings;

/** Names of all secrets that `npm run ops rotate` can replace. */
export const allRotated = Object.keys(settings) as readonly Rotated[];

/** Returns the setting that an operator increments to create a new secret. */
export const generationSetting = (what: Rotated): string => settings[what][0];

/** Generation in the configuration. */
export const generationOf = (config: Generations, what: Rotated): number => settings[what][1](config);

/**
 * Returns true if a new generation can be used immediately, because all programs that verify it already accept it. For
 * example, Cloudflare's edge accepts every origin certificate that Cloudflare has issued.
 */
export const isUsedAtOnce = (what: Rotated): boolean => what === "origin-certificate";

/**
 * Stage of the change from one generation to the next. The numbers satisfy `oldest` ≤ `used` ≤ `configured`, with a
 * maximum difference of one.
 */
export interface RotationStage {
  /** Generation in the configuration. Programs that verify the secret accept this generation as soon as it exists. */
  readonly configured: number;
  /** Generation that clients present. */
  readonly used: number;
  /** Oldest generation that programs still accept. */
  readonly oldest: number;
}

/** Returns the accepted generations, starting with the generation in use. */
export const accepted = ({ configured, used, oldest }: RotationStage): readonly number[] => [
  ...new Set([used, configured, oldest]),
];
