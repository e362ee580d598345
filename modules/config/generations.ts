import type { Config } from "./schema.js";

/** What `npm run ops rotate` puts a new one in place of: the setting that counts its generations, and the number that stands there. */
const settings = {
  "edge-token": ["generations.edgeToken", ({ generations }) => generations.edgeToken],
  "database-passwords": ["generations.databasePasswords", ({ generations }) => generations.databasePasswords],
  "database-authority": ["generations.databaseAuthority", ({ generations }) => generations.databaseAuthority],
  "ssh-host-keys": ["generations.sshHostKeys", ({ generations }) => generations.sshHostKeys],
  "origin-certificate": ["certificate.generation", ({ certificate }) => certificate.generation],
} as const satisfies Readonly<Record<string, readonly [setting: string, read: (config: Generations) => number]>>;

type Generations = Pick<Config, "generations" | "certificate">;

/** A secret, or several that change together, under the name that an operator gives it. */
export type Rotated = keyof typeof settings;

/** All of them. */
export const allRotated = Object.keys(settings) as readonly Rotated[];

/** Setting that is raised to have a new one. */
export const generationSetting = (what: Rotated): string => settings[what][0];

/** Generation that the configuration asks for. */
export const generationOf = (config: Generations, what: Rotated): number => settings[what][1](config);

/**
 * Whether a new generation may be used as soon as it exists, since whoever checks it accepts it already. The origin certificate: Cloudflare's
 * edge trusts what Cloudflare has issued.
 */
export const isUsedAtOnce = (what: Rotated): boolean => what === "origin-certificate";

/** How far the change from one generation to the next has come. `oldest` ≤ `used` ≤ `configured`, at most one apart. */
export interface Stage {
  /** Generation that the configuration asks for: it exists, and is accepted as soon as it does. */
  readonly configured: number;
  /** Generation that is shown to those who check it. */
  readonly used: number;
  /** The oldest one that is still accepted. */
  readonly oldest: number;
}

/** The generations that are accepted, the one that is used first; pure. */
export const accepted = ({ configured, used, oldest }: Stage): readonly number[] => [
  ...new Set([used, configured, oldest]),
];
