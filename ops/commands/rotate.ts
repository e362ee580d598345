import {
  accepted,
  allRotated,
  generationOf,
  generationSetting,
  type Rotated,
  type Stage,
} from "../../modules/config/generations.js";
import type { ServerConfig } from "../../modules/config/schema.js";
import { gate, notBack } from "../core/judge.js";
import type { Context } from "../core/maintain.js";
import { look } from "../core/observe.js";
import { deliver, takenUp } from "../core/secrets.js";
import { sleep, waitUntil } from "../core/shell.js";
import type { Report } from "../core/site.js";
import { databaseAuthority } from "./rotations/database-authority.js";
import { databasePasswords } from "./rotations/database-passwords.js";
import { edgeToken } from "./rotations/edge-token.js";
import type { Moment, Rotation } from "./rotations/rotation.js";
import { sshHostKeys } from "./rotations/ssh-host-keys.js";

const rotations: Readonly<Record<Rotated, Rotation>> = {
  "edge-token": edgeToken,
  "database-passwords": databasePasswords,
  "database-authority": databaseAuthority,
  "ssh-host-keys": sshHostKeys,
};

/** Longest time until a server does as it was told. */
const followSeconds = 90;

/** The number that moves next; `undefined` when only the configured generation is in force. Pure. */
export const nextOf = ({ configured, used, oldest }: Stage): "used" | "oldest" | undefined =>
  used < configured ? "used" : oldest < configured ? "oldest" : undefined;

/** What changes in another way, or in none. */
const elsewhere: Readonly<Record<string, string>> = {
  "origin-certificate": 'is renewed by a deploy; see docs/operations.md, "Renew the origin certificate"',
};

/** @throws when there is no such rotation; says which there are */
export function rotatedNamed(what: string): Rotated {
  const found = allRotated.find((one) => one === what);
  if (what in elsewhere) throw new Error(`rotate: ${what} ${elsewhere[what]}`);
  if (found === undefined) throw new Error(`rotate: no ${what}; there are ${allRotated.join(", ")}`);
  return found;
}

/**
 * Puts the configured generation of a secret in force: it is accepted everywhere, then used, then the old one is refused. Each step is
 * taken when every server has followed the one before. What it does follows from what it finds: run again, it goes on.
 * @throws at the first failure; old and new are both accepted until the last step
 */
export async function rotate(context: Context, what: Rotated): Promise<void> {
  const { site, lock, progress } = context;
  const faults = gate(await look(site), lock.inHand);
  if (faults.length > 0) throw new Error(`refused, for the environment is not well:\n  ${faults.join("\n  ")}`);
  const configured = generationOf(site.config, what);
  await progress.step(`${what}: generation ${configured} is there`, (report) => site.secrets.make(what, report));
  for (;;) {
    const stage = await site.secrets.stage(what);
    await follow(context, what, stage);
    const next = nextOf(stage);
    if (next === undefined) break;
    if (next === "oldest" && rotations[what].isShownOutside) await spread(context);
    const title =
      next === "used" ? `generation ${configured} is used` : `generation ${stage.oldest} is no longer accepted`;
    await progress.step(`${what}: ${title}`, (report) => site.secrets.advance(what, next, report));
  }
  progress.say(
    configured === 1
      ? `${what}: generation 1 is in force, the first`
      : `${what}: only generation ${configured} is in force; the one before was tried, and is refused`,
  );
  progress.say(`for another, write ${generationSetting(what)}: ${configured + 1}, and run this again`);
}

/** Lets every server, and what stands before them, do as the stage says. */
async function follow(context: Context, what: Rotated, stage: Stage): Promise<void> {
  const { site, progress } = context;
  const values = await site.secrets.values();
  const rotation = rotations[what];
  const moment = (report: Report): Moment => ({ ...context, stage, values, report });
  await rotation.prepare?.(moment(progress.say));
  for (const server of site.config.servers) await rotation.requireAble(moment(progress.say), server);
  for (const server of site.config.servers)
    await progress.step(`${server.name}: gets generation ${accepted(stage).join(" and ")} of ${what}`, (report) =>
      give(moment(report), what, server),
    );
  await progress.step(`all servers: accept generation ${accepted(stage).join(" and ")}, and no other`, (report) =>
    waitUntil("they do", () => rotation.missing(moment(report)), { limitSeconds: followSeconds, report }),
  );
  if (rotation.isShownOutside)
    await progress.step(`Cloudflare and the balancer show generation ${stage.used}`, (report) =>
      site.secrets.show(what, report),
    );
}

/** Gives one server its files, and lets what runs there take them up. */
async function give(moment: Moment, what: Rotated, server: ServerConfig): Promise<void> {
  const { site, lock, values, report } = moment;
  const { secrets, takeUp } = rotations[what];
  const paths = await deliver(site, server, what, secrets, values);
  if (paths.length === 0) return;
  const { name } = server;
  await lock.setInHand(name);
  await takeUp(moment, server, paths);
  await waitUntil(`${name} is well`, async () => notBack(await look(site), name), {
    limitSeconds: followSeconds,
    report,
  });
  await takenUp(site, name, what);
  await lock.setInHand(undefined);
}

const spread = ({ site, progress }: Context): Promise<void> =>
  progress.step(`Cloudflare's data centres hear of it, one after the other`, () => sleep(site.secrets.spreadSeconds));
