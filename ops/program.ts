import { randomUUID } from "node:crypto";
import { Command, InvalidArgumentError, Option } from "commander";
import { allRotated } from "../modules/derived/generations.js";
import { loadEnvironment, readInvocation } from "../modules/config/load.js";
import { restoreMoment } from "../modules/config/values/backup.js";
import { backups, checkBucket, createBucket } from "./commands/backups.js";
import { direct, directedNamed, showBalancers } from "./commands/balancers.js";
import { checkBackend } from "./commands/check-backend.js";
import { deploy } from "./commands/deploy.js";
import { drift, reportComparison } from "./commands/drift.js";
import { drill } from "./commands/drill.js";
import { failover } from "./commands/failover.js";
import { planAll, readReviewed, writeReviewed } from "./commands/plan.js";
import { release, releaseNamed } from "./commands/release.js";
import { remove } from "./commands/remove.js";
import { replace } from "./commands/replace.js";
import { keysAreGone, restore } from "./commands/restore.js";
import { needsLogin, rotate, rotatedNamed } from "./commands/rotate.js";
import { distribute, isFromOutside, secretsFromOutside } from "./commands/rotations/from-outside.js";
import { dryRun, rollout } from "./commands/rollout.js";
import { status } from "./commands/status.js";
import { unlock } from "./commands/unlock.js";
import { dryUpgrade, upgrade } from "./commands/upgrade.js";
import { holding } from "./core/holding.js";
import { backMinutes, type Context } from "./core/maintain.js";
import { agreement } from "./core/agreement.js";
import { Progress } from "./core/progress.js";
import { endInOrder } from "./core/shell.js";
import { directions, type OpenProps, type Site } from "./core/site.js";
import { openDirection, openSite } from "./open.js";

export const program = new Command("npm run ops")
  .description(
    "Operates the environment in ENVIRONMENT (default: production): reports its state, and changes one server at a time.",
  )
  .addHelpText("afterAll", "\nnpm requires -- before the options of a command: npm run ops -- status --json")
  .enablePositionalOptions()
  .showHelpAfterError("see: npm run ops -- --help");

/** Without the double dash, npm consumes options that it knows itself: a rollout with `--dry-run` would run for real. */
program.hook("preAction", (_, command) => {
  const taken = command.options.find(
    (option) =>
      process.env[`npm_config_${option.name().replaceAll("-", "_")}`] === "true" &&
      command.getOptionValueSource(option.attributeName()) !== "cli",
  );
  if (taken === undefined) return;
  const [name, flag] = [command.name(), taken.long];
  throw new Error(`${name}: npm consumed ${flag}; put it after --: npm run ops -- ${name} ${flag}`);
});

const site = (props?: OpenProps): Promise<Site> => openSite(readInvocation(), props);

/** Runs a command that changes servers while this process holds the lock. */
async function alone(command: string, work: (context: Context) => Promise<void>, props?: OpenProps): Promise<void> {
  const opened = await site(props);
  await holding(opened.lock, command, (lock) => work({ site: opened, lock, progress: new Progress() }));
}

interface RolloutOptions {
  readonly dryRun?: boolean;
  readonly evenCurrent?: boolean;
  readonly patience: number;
}

interface ReplaceOptions {
  readonly newVolume?: boolean;
  readonly yes?: boolean;
  readonly patience: number;
}

interface BackupsOptions {
  readonly json?: boolean;
  readonly createBucket?: string;
  readonly checkBucket?: boolean;
}

interface RestoreOptions {
  readonly at?: string;
  readonly latest?: boolean;
  readonly before?: string;
  readonly timeline?: string;
  readonly excludeServer?: readonly string[];
  readonly excludeLog?: readonly string[];
  readonly uploadedBefore?: string;
  readonly branch?: string;
  readonly done?: boolean;
}

/** Converts a time from the command line to the format of the setting `restore.at`. */
function momentOf(text: string): string {
  const parsed = restoreMoment.safeParse(text);
  if (!parsed.success)
    throw new InvalidArgumentError(
      `${parsed.error.issues[0]?.message}; write it as 2026-12-01T20:00:00Z, latest, or UUID:NUMBER`,
    );
  return parsed.data;
}

function minutesOf(text: string): number {
  const minutes = /^\d+(\.\d+)?$/.test(text) ? Number(text) : 0;
  if (!(minutes > 0 && minutes <= 1440))
    throw new InvalidArgumentError("must be a number of minutes above 0, at most 1440");
  return minutes;
}

program
  .command("status")
  .helpGroup("Look:")
  .description("shows the state of the running environment; exit code 1 if something needs attention")
  .option("--json", "for programs")
  .action(async (options: { json?: boolean }) => {
    process.exitCode = await status(await site(), options);
  });

program
  .command("rollout")
  .helpGroup("Servers:")
  .description("updates outdated servers, one at a time; a rerun continues where it stopped")
  .argument("[servers...]", "only these")
  .option("--dry-run", "prints the planned steps without running them; exit code 1 if a fault prevents the start")
  .option("--even-current", "also replaces the named servers if they are current")
  .option("--patience <minutes>", "maximum minutes until a new server is healthy", minutesOf, backMinutes)
  .action(async (only: string[], { dryRun: dry, evenCurrent, patience }: RolloutOptions) => {
    const props = { only, evenCurrent, patienceMinutes: patience };
    if (dry) process.exitCode = await dryRun(await site(), props, new Progress());
    else await alone("rollout", (context) => rollout(context, props));
  });

program
  .command("release")
  .helpGroup("Servers:")
  .description(
    "deploys a release to all web servers, one at a time; after a failure, all return to their previous release",
  )
  .argument("[url]", "URL from which servers download the release")
  .argument("[sha256]", "SHA-256 of the release, as printed by the build")
  .option("--rollback", "returns to the previous release")
  .action(async (url: string | undefined, sha256: string | undefined, { rollback }: { rollback?: boolean }) => {
    const named = releaseNamed({ url, sha256 }, rollback);
    await alone("release", (context) => release(context, named));
  });

program
  .command("failover")
  .helpGroup("Servers:")
  .description("transfers the primary role to the given member, or to the member with the least lag")
  .argument("[server]", "the new primary")
  .action((server?: string) => alone("failover", (context) => failover(context, server)));

/** Reads the configuration and the stacks of the environment. For commands that need no login to a server. */
async function stacksHere(command: string) {
  const { environment, terraform } = readInvocation();
  if (environment === "lab")
    throw new Error(
      `${command}: not available in the lab, which does not use Terraform; npm run ops status lists outdated servers`,
    );
  const { keepPrivate, lockOf, stacksOf } = await import("./hetzner/site.js");
  const config = await loadEnvironment(environment);
  await keepPrivate(config);
  endInOrder();
  return { config, ...stacksOf(config, terraform), lock: () => lockOf(config, process.env) };
}

program
  .command("plan")
  .helpGroup("Deploy:")
  .description("shows what a deploy would change, stack by stack, as Terraform shows it; changes nothing")
  .option("--summary <file>", "writes the actions and their resources, without values, for deploy --reviewed")
  .action(async ({ summary }: { summary?: string }) => {
    const { stacks } = await stacksHere("plan");
    const reviewed = await planAll(stacks, console.log);
    if (summary !== undefined) await writeReviewed(summary, reviewed);
  });

program
  .command("deploy")
  .helpGroup("Deploy:")
  .description(
    "deploys all stacks in order, without questions; stops before a stack that would destroy resources without a review",
  )
  .option(
    "--reviewed <file>",
    "file written by plan --summary; the deploy may destroy only the resources that this plan destroys (default: none)",
  )
  .action(async ({ reviewed }: { reviewed?: string }) => {
    const { config, stacks, lock } = await stacksHere("deploy");
    if (config.backend.type === "local" && process.env["CI"] === "true")
      throw new Error(
        'deploy: the state is a local file and would be lost with this runner; set backend to { type: "s3", … }, see docs/state.md',
      );
    const agreed = reviewed === undefined ? {} : await readReviewed(reviewed, stacks);
    await holding(lock(), "deploy", () => deploy(stacks, agreed, new Progress()));
  });

program
  .command("upgrade")
  .helpGroup("Servers:")
  .description(
    "upgrades all packages and does required reboots, one server at a time; a rerun continues where it stopped",
  )
  .argument("[servers...]", "only these")
  .option("--dry-run", "prints the planned steps without running them; exit code 1 if a fault prevents the start")
  .action(async (only: string[], { dryRun: dry }: { dryRun?: boolean }) => {
    if (dry) process.exitCode = await dryUpgrade(await site(), { only }, new Progress());
    else
      await alone("upgrade", async (context) => {
        const { packageFilesOf } = await import("../modules/machine/compose/index.js");
        const { config } = context.site;
        // The lab's machines install packages from their own sources, not from Debian and MySQL.
        const isLab = readInvocation().environment === "lab";
        await upgrade(context, {
          only,
          ...(!isLab && { packageFiles: (server) => packageFilesOf(config, server) }),
        });
      });
  });

program
  .command("remove")
  .helpGroup("Servers:")
  .description("removes a server that is no longer in the configuration; a rerun continues where it stopped")
  .argument("<server>", "its name")
  .option(
    "--discard-quarantined",
    "removes it even if its volume contains quarantined transactions, or if this is unknown",
  )
  .action((server: string, options: { discardQuarantined?: boolean }) =>
    alone("remove", (context) => remove(context, server, options)),
  );

program
  .command("replace")
  .helpGroup("Servers:")
  .description("replaces a broken or compromised server in any state; asks before it destroys anything")
  .argument("<server>", "its name")
  .option("--new-volume", "also deletes its data volume; the data are copied from the other members")
  .option("--yes", "does not ask")
  .option("--patience <minutes>", "maximum minutes until the new server is healthy", minutesOf, backMinutes)
  .action((server: string, { newVolume, yes, patience }: ReplaceOptions) =>
    alone(
      `replace ${server}`,
      (context) => replace(context, server, { newVolume, patienceMinutes: patience }, agreement(server, yes)),
      { needsLogin: false },
    ),
  );

program
  .command("rotate")
  .helpGroup("Servers:")
  .description(
    "rotates a secret, or updates values from variables, without a failed request; a rerun continues where it stopped",
  )
  .argument("<what>", [...allRotated, ...secretsFromOutside].join(", "))
  .action(async (name: string) => {
    if (isFromOutside(name)) return alone(`rotate ${name}`, (context) => distribute(context, name));
    const what = rotatedNamed(name);
    await alone(`rotate ${what}`, (context) => rotate(context, what), { needsLogin: needsLogin(what) });
  });

program
  .command("balancers")
  .helpGroup("Servers:")
  .description(
    "shows the load balancers, or directs visitors to both or to one of them; needs neither the state nor the lock, so it works while a location is lost",
  )
  .argument("[direction]", directions.join(", "))
  .addHelpText(
    "after",
    "\nWithout an argument, the exit code is 1 if visitors are directed to a load balancer that cannot serve them, or not to one that can.\n" +
      "Refuses a load balancer that accepts no connection or finds no web server healthy. Needs HCLOUD_TOKEN and CLOUDFLARE_API_TOKEN.",
  )
  .action(async (named?: string) => {
    const wanted = named === undefined ? undefined : directedNamed(named);
    const direction = await openDirection(readInvocation());
    endInOrder();
    if (wanted === undefined) process.exitCode = await showBalancers(direction, console.log);
    else await direct(direction, wanted, new Progress());
  });

program
  .command("drift")
  .helpGroup("Look:")
  .description("compares the resources with the configuration without changing anything; exit code 2 if there is drift")
  .action(async () => {
    const { config, stacks } = await stacksHere("drift");
    process.exitCode = await drift(stacks, console.log);
    await reportComparison(config, process.env, console.error);
  });

program
  .command("backups")
  .helpGroup("The archive of the data:")
  .description("shows the archive and the restorable period; exit code 1 if something needs attention")
  .option("--json", "for programs")
  .addOption(
    new Option(
      "--create-bucket <project>",
      "creates the bucket, or updates its lock, lifecycle and policy; requires the number of its Hetzner project",
    ).conflicts(["json", "checkBucket"]),
  )
  .addOption(
    new Option(
      "--check-bucket",
      "tests whether the bucket rejects forbidden requests; writes a few bytes, which expire",
    ).conflicts("json"),
  )
  .action(async ({ json, createBucket: project, checkBucket: check }: BackupsOptions) => {
    const config = await loadEnvironment(readInvocation().environment);
    if (project !== undefined) process.exitCode = await createBucket(config, project);
    else process.exitCode = check ? await checkBucket(config) : await backups(config, { json: json ?? false });
  });

program
  .command("restore")
  .helpGroup("The archive of the data:")
  .description("prints the steps to restore a point in time; after their deploy, waits until the site is up")
  .option("--at <time>", "restores the data of this time, in UTC: 2026-12-01T20:00:00Z", momentOf)
  .option("--latest", "restores all archived data")
  .option("--before <gtid>", "stops before this transaction", (gtid) => momentOf(`before ${gtid}`))
  .option(
    "--timeline <uuid>",
    "group name of the archived data; default: this environment's group, otherwise the most recent one",
  )
  .option("--exclude-server <name...>", "ignores the uploads of this server")
  .option("--exclude-log <name...>", "ignores this log segment, as printed by a restore: alpha/000012-0123456789abcdef")
  .option("--uploaded-before <time>", "uses only objects uploaded before this time, according to the bucket's clock")
  .option("--branch <id>", "restores this branch of the history, as printed by `backups`")
  .option("--done", "checks that no server has the restore keys")
  .action(async ({ at, latest, before, timeline, done, ...more }: RestoreOptions) => {
    const moments = [at, latest && "latest", before].filter((one) => one !== undefined && one !== false);
    const [moment] = moments;
    if (done && moments.length === 0) process.exitCode = await keysAreGone(await site());
    else if (moment === undefined || moments.length > 1 || done)
      throw new Error("restore: requires exactly one of --at TIME, --latest, --before GTID, --done");
    else {
      endInOrder();
      const config = await loadEnvironment(readInvocation().environment);
      const choice = {
        ...(more.excludeServer && { excludeServers: [...more.excludeServer] }),
        ...(more.excludeLog && { excludeLogs: [...more.excludeLog] }),
        ...(more.uploadedBefore !== undefined && { uploadedBefore: more.uploadedBefore }),
        ...(more.branch !== undefined && { branch: more.branch }),
      };
      await restore(config, { at: moment, choice, ...(timeline !== undefined && { timeline }) }, site, new Progress());
    }
  });

program
  .command("drill")
  .helpGroup("The archive of the data:")
  .description(
    "restores the newest archive on this machine, checks the data, and writes the result into the bucket; exit code 1 if the check fails",
  )
  .action(async () => {
    process.exitCode = await drill(await loadEnvironment(readInvocation().environment));
  });

program
  .command("check-backend")
  .helpGroup("The lock:")
  .description("tests whether the state's storage supports locking: it must reject the second of two writers")
  .action(async () => {
    const { lockOf } = await import("./hetzner/site.js");
    const config = await loadEnvironment(readInvocation().environment);
    const { store } = lockOf(config, process.env, `lock-check-${randomUUID()}`);
    process.exitCode = await checkBackend(store, console.log);
  });

program
  .command("unlock")
  .helpGroup("The lock:")
  .description("removes the lock of an interrupted run; reports whether that run is still alive")
  .option("--force", "also removes the lock of a running command, and a lock that cannot be read")
  .action(async (options: { force?: boolean }) => {
    const isLab = readInvocation().environment === "lab";
    // `unlock` needs no login to a server: a deploy can hold the lock although no administrator can log in.
    const lock = isLab ? (await site()).lock : (await stacksHere("unlock")).lock();
    endInOrder();
    await unlock(lock, options, console.log);
  });
