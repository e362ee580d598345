import type { Config } from "./schema.js";

/** What `npm run ops rotate` puts a new one in place of, by the setting that counts its generations. */
const settings = {
  "edge-token": "edgeToken",
  "database-passwords": "databasePasswords",
  "database-authority": "databaseAuthority",
  "ssh-host-keys": "sshHostKeys",
} as const satisfies Readonly<Record<string, keyof Config["generations"]>>;

/** A secret, or several that change together, under the name that an operator gives it. */
export type Rotated = keyof typeof settings;

/** All of them. */
export const allRotated = Object.keys(settings) as readonly Rotated[];

/** Setting that is raised to have a new one. */
export const generationSetting = (what: Rotated): string => `generations.${settings[what]}`;

/** Generation that the configuration asks for. */
export const generationOf = ({ generations }: Pick<Config, "generations">, what: Rotated): number =>
  generations[settings[what]];

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
