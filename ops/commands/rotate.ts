import {
  accepted,
  allRotated,
  generationOf,
  generationSetting,
  isUsedAtOnce,
  type Rotated,
  type RotationStage,
} from "../../modules/derived/generations.js";
import type { ServerConfig } from "../../modules/config/schema.js";
import type { JudgedCommand } from "../core/faults.js";
import { outOfReach } from "../core/judge.js";
import { type Context, lookFor } from "../core/maintain.js";
import { give, holdersOf, sayLeft } from "../core/secrets.js";
import { sleep, waitUntil } from "../core/shell.js";
import type { Report, Site } from "../core/site.js";
import { secretsFromOutside } from "./rotations/from-outside.js";
import { databaseAuthority } from "./rotations/database-authority.js";
import { databasePasswords } from "./rotations/database-passwords.js";
import { edgeToken } from "./rotations/edge-token.js";
import { originCertificate } from "./rotations/origin-certificate.js";
import { originPullAuthority } from "./rotations/origin-pull-authority.js";
import type { Moment, RotationProcedure } from "./rotations/rotation.js";
import { sshHostKeys } from "./rotations/ssh-host-keys.js";

const rotations: Readonly<Record<Rotated, RotationProcedure>> = {
  "edge-token": edgeToken,
  "database-passwords": databasePasswords,
  "database-authority": databaseAuthority,
  "ssh-host-keys": sshHostKeys,
  "origin-pull-authority": originPullAuthority,
  "origin-certificate": originCertificate,
};

/** Maximum seconds until a server uses a new secret. */
const followSeconds = 90;

/** Returns which number in the state changes next, or `undefined` if only the configured generation is valid. Pure. */
export const nextOf = ({ configured, used, oldest }: RotationStage): "used" | "oldest" | undefined =>
  used < configured ? "used" : oldest < configured ? "oldest" : undefined;

/** Parses the name of a secret. @throws Error that lists the known names, if there is no secret with this name */
export function rotatedNamed(what: string): Rotated {
  const found = allRotated.find((one) => one === what);
  if (found === undefined)
    throw new Error(`rotate: unknown secret ${what}; use one of ${[...allRotated, ...secretsFromOutside].join(", ")}`);
  return found;
}

/**
 * Activates the configured generation of a secret in three steps. First all servers accept the new generation, then they use it, then they
 * reject the old generation. A step begins when every server has completed the previous step. Each step depends only on the current state,
 * so a rerun continues.
 * @throws Error at the first failure. Servers accept both generations until the last step.
 */
export async function rotate(context: Context, what: Rotated): Promise<void> {
  const { site, progress } = context;
  const { isShownOutside, secrets } = rotations[what];
  const holders = holdersOf(site.config, secrets);
  const absent = canLogIn(site) && holders.length > 0 ? outOfReach(await lookFor(context, judgedAs(what))) : nobody;
  const configured = generationOf(site.config, what);
  await progress.step(`${what}: generation ${configured} exists`, (report) => site.secrets.make(what, report));
  for (;;) {
    const stage = await site.secrets.stage(what);
    await follow({ ...context, absent }, what, stage);
    const next = nextOf(stage);
    if (next === undefined) break;
    if (next === "oldest" && isShownOutside?.(site.config)) await spread(context);
    const title =
      next === "used" ? `generation ${configured} is used` : `generation ${stage.oldest} is no longer accepted`;
    await progress.step(`${what}: ${title}`, (report) => site.secrets.advance(what, next, report));
  }
  sayLeft(context, what, holders, absent);
  progress.say(`${what}: ${outcome(what, configured)}`);
  progress.say(`for the next rotation, set ${generationSetting(what)}: ${configured + 1}, and run this command again`);
}

const nobody: ReadonlyMap<string, string> = new Map();

/** Returns the name of the command in the fault table. */
const judgedAs = (what: Rotated): JudgedCommand =>
  what === "database-passwords" ? "rotate-passwords" : what === "database-authority" ? "rotate-authority" : "rotate";

/** Input of the steps of a rotation. */
type Rotating = Context & Pick<Moment, "absent">;

function outcome(what: Rotated, configured: number): string {
  if (configured === 1) return "generation 1, the first one, is in use";
  const before = isUsedAtOnce(what)
    ? "the previous generation is revoked"
    : "a test confirmed that the previous generation is rejected";
  return `only generation ${configured} is valid; ${before}`;
}

const canLogIn = ({ config }: Site): boolean => config.administrators.cidrs.length > 0;

/** Returns true if the rotation of a secret needs a login to the servers. */
export const needsLogin = (what: Rotated): boolean => !rotations[what].needsNoLogin;

/** Changes all servers with the secret, Cloudflare and the load balancer to the given stage. */
async function follow(context: Rotating, what: Rotated, stage: RotationStage): Promise<void> {
  const { site, progress } = context;
  const { secrets, isShownOutside } = rotations[what];
  const holders = holdersOf(site.config, secrets).filter(({ name }) => !context.absent.has(name));
  if (canLogIn(site)) await followOn(context, what, stage, holders);
  else await requireReplaced(site, holders);
  if (isShownOutside?.(site.config))
    await progress.step(`Cloudflare and the load balancer use generation ${stage.used}`, (report) =>
      site.secrets.show(what, report),
    );
}

async function followOn(
  context: Rotating,
  what: Rotated,
  stage: RotationStage,
  holders: readonly ServerConfig[],
): Promise<void> {
  const { site, progress } = context;
  const values = await site.secrets.values();
  const { secrets, isOnlyShown, prepare, requireAble, takeUp, missing } = rotations[what];
  const moment = (report: Report): Moment => ({ ...context, stage, values, report });
  const numbers = isOnlyShown ? `${stage.used}` : accepted(stage).join(" and ");
  await prepare?.(moment(progress.say));
  for (const server of holders) await requireAble(moment(progress.say), server);
  for (const server of holders)
    await progress.step(`${server.name}: receives generation ${numbers} of ${what}`, (report) =>
      give(
        context,
        server,
        { what, secrets, values, takeUp: (paths) => takeUp(moment(report), server, paths) },
        report,
      ),
    );
  if (holders.length > 0)
    await progress.step(`all servers: ${isOnlyShown ? "use" : "accept"} only generation ${numbers}`, (report) =>
      waitUntil("all servers have it", () => missing(moment(report)), { limitSeconds: followSeconds, report }),
    );
}

/** Checks that all servers with the secret are replaced, because without a login only a replacement gives a server another generation. */
async function requireReplaced({ cloud }: Site, holders: readonly ServerConfig[]): Promise<void> {
  const known = holders.length > 0 ? await cloud.servers() : [];
  const late = holders.filter(({ name }) => !known.some((server) => server.name === name && server.current));
  if (late.length > 0)
    throw new Error(
      `${late.map(({ name }) => name).join(", ")}: outdated, and without a login they cannot receive a new generation; ` +
        'replace them one at a time (docs/operations.md, "Replace outdated servers"), and run this command again',
    );
}

const spread = ({ site, progress }: Context): Promise<void> =>
  progress.step(`waits until all data centres of Cloudflare have applied the change`, () =>
    sleep(site.secrets.spreadSeconds),
  );
