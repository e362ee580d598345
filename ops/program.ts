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

/** The command line. */
export const program = new Command("npm run ops")
  .description(
    "Runs the environment that ENVIRONMENT names, production by default: looks at it, and changes it one server at a time.",
  )
  .addHelpText("afterAll", "\nOptions of a command need npm's double dash: npm run ops -- status --json")
  .enablePositionalOptions()
  .showHelpAfterError("see: npm run ops -- --help");

/** Without the double dash npm takes options that it has too for itself: a rollout with `--dry-run` would be one in earnest. */
program.hook("preAction", (_, command) => {
  const taken = command.options.find(
    (option) =>
      process.env[`npm_config_${option.name().replaceAll("-", "_")}`] === "true" &&
      command.getOptionValueSource(option.attributeName()) !== "cli",
  );
  if (taken === undefined) return;
  const [name, flag] = [command.name(), taken.long];
  throw new Error(
    `${name}: npm has taken ${flag} for itself; write it behind the double dash: npm run ops -- ${name} ${flag}`,
  );
});

const site = (props?: OpenProps): Promise<Site> => openSite(readInvocation(), props);

/** Does something that changes servers, as the only one at that time. */
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

/** A moment as `restore.at` takes it. */
function momentOf(text: string): string {
  const parsed = restoreMoment.safeParse(text);
  if (!parsed.success) throw new InvalidArgumentError(parsed.error.issues[0]?.message ?? "");
  return parsed.data;
}

function minutesOf(text: string): number {
  const minutes = Number(text);
  if (!(minutes > 0)) throw new InvalidArgumentError("must be a number of minutes above 0");
  return minutes;
}

program
  .command("status")
  .helpGroup("Look:")
  .description("the running environment on one screen; exit code 1 when something needs a hand")
  .option("--json", "for programs")
  .action(async (options: { json?: boolean }) => {
    process.exitCode = await status(await site(), options);
  });

program
  .command("rollout")
  .helpGroup("Servers:")
  .description("brings outdated servers up to date, one at a time; run again, it goes on where it stopped")
  .argument("[servers...]", "only these")
  .option("--dry-run", "says what it would do; exit code 1 when it would not begin")
  .option("--even-current", "replaces the named servers though they are current")
  .option("--patience <minutes>", "how long a server may take to come up", minutesOf, backMinutes)
  .action(async (only: string[], { dryRun: dry, evenCurrent, patience }: RolloutOptions) => {
    const props = { only, evenCurrent, patienceMinutes: patience };
    if (dry) process.exitCode = await dryRun(await site(), props, new Progress());
    else await alone("rollout", (context) => rollout(context, props));
  });

program
  .command("release")
  .helpGroup("Servers:")
  .description("brings a release to all web servers, one at a time; the first failure takes back what was switched")
  .argument("[url]", "where servers download it from")
  .argument("[sha256]", "its SHA-256, as the build prints it")
  .option("--rollback", "back to the release before the one that runs")
  .action(async (url: string | undefined, sha256: string | undefined, { rollback }: { rollback?: boolean }) => {
    const named = releaseNamed({ url, sha256 }, rollback);
    await alone("release", (context) => release(context, named));
  });

program
  .command("failover")
  .helpGroup("Servers:")
  .description("gives the primary's role to a named member, or to the one that is least behind")
  .argument("[server]", "the new primary")
  .action((server?: string) => alone("failover", (context) => failover(context, server)));

/** The environment's configuration and its stacks, for commands that need no login. */
async function stacksHere(command: string) {
  const { environment, terraform } = readInvocation();
  if (environment === "lab")
    throw new Error(`${command}: the lab is not made by Terraform; npm run ops status shows what is outdated`);
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
    "file that plan --summary wrote: allows what that plan destroys; without it, nothing may be destroyed",
  )
  .action(async ({ reviewed }: { reviewed?: string }) => {
    const { config, stacks, lock } = await stacksHere("deploy");
    if (config.backend.type === "local" && process.env["CI"] === "true")
      throw new Error(
        'deploy: the state is a local file and would be lost with this runner; set backend to { type: "s3", … }, docs/state.md says how',
      );
    const agreed = reviewed === undefined ? {} : await readReviewed(reviewed, stacks);
    await holding(lock(), "deploy", () => deploy(stacks, agreed, new Progress()));
  });

program
  .command("upgrade")
  .helpGroup("Servers:")
  .description(
    "upgrades every package and does the reboots that are due, one server at a time; run again, it goes on where it stopped",
  )
  .argument("[servers...]", "only these")
  .option("--dry-run", "says what it would do; exit code 1 when it would not begin")
  .action(async (only: string[], { dryRun: dry }: { dryRun?: boolean }) => {
    if (dry) process.exitCode = await dryUpgrade(await site(), { only }, new Progress());
    else
      await alone("upgrade", async (context) => {
        const { packageFilesOf } = await import("../modules/machine/compose/index.js");
        const { config } = context.site;
        // The lab's machines have sources of their own.
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
  .description("takes a server away that the configuration no longer has; run again, it goes on where it stopped")
  .argument("<server>", "its name")
  .option("--discard-quarantined", "also if its volume holds quarantined transactions, or might")
  .action((server: string, options: { discardQuarantined?: boolean }) =>
    alone("remove", (context) => remove(context, server, options)),
  );

program
  .command("replace")
  .helpGroup("Servers:")
  .description("replaces a broken or compromised server, in whatever state it is; asks before it destroys anything")
  .argument("<server>", "its name")
  .option("--new-volume", "also deletes its data volume; the data are copied from the other members")
  .option("--yes", "does not ask")
  .option("--patience <minutes>", "how long the new server may take to come up", minutesOf, backMinutes)
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
    "puts a new generation of a secret, or values from variables, in force without a failed request; run again, it goes on",
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
  .description("compares what exists with the configuration, changes nothing; exit code 2 if something has drifted")
  .action(async () => {
    const { config, stacks } = await stacksHere("drift");
    process.exitCode = await drift(stacks, console.log);
    await reportComparison(config, process.env, console.error);
  });

program
  .command("backups")
  .helpGroup("The archive of the data:")
  .description("what of the data is in the archive, and how far back; exit code 1 when something needs a hand")
  .option("--json", "for programs")
  .addOption(
    new Option(
      "--create-bucket <project>",
      "makes the bucket, or sets its lock, lifecycle and policy; the number of its Hetzner project",
    ).conflicts(["json", "checkBucket"]),
  )
  .addOption(
    new Option(
      "--check-bucket",
      "tries whether the bucket refuses what it must; writes a few bytes, which expire",
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
  .description("says how a moment of the archive is restored; once that is deployed, follows it until the site is up")
  .option("--at <time>", "as it was at this time, in UTC: 2026-12-01T20:00:00Z", momentOf)
  .option("--latest", "all that there is")
  .option("--before <gtid>", "up to the transaction before this one", (gtid) => momentOf(`before ${gtid}`))
  .option("--timeline <uuid>", "of which group; by default this environment's, or the one that was written last")
  .option("--exclude-server <name...>", "without this server's part of the archive")
  .option("--exclude-log <name...>", "without this log, as a restore names it: alpha/000012-0123456789abcdef")
  .option("--uploaded-before <time>", "only with objects that reached the bucket before this time, by its clock")
  .option("--branch <id>", "along this branch of the history, as `backups` shows it")
  .option("--done", "looks whether the keys have left all servers")
  .action(async ({ at, latest, before, timeline, done, ...more }: RestoreOptions) => {
    const moments = [at, latest && "latest", before].filter((one) => one !== undefined && one !== false);
    const [moment] = moments;
    if (done && moments.length === 0) process.exitCode = await keysAreGone(await site());
    else if (moment === undefined || moments.length > 1 || done)
      throw new Error("restore: takes one of --at TIME, --latest, --before GTID, --done");
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
    "restores the newest archive on this machine, compares it, and writes the result into the bucket; exit code 1 when it is not good",
  )
  .action(async () => {
    process.exitCode = await drill(await loadEnvironment(readInvocation().environment));
  });

program
  .command("check-backend")
  .helpGroup("The lock:")
  .description("tests whether the place of the state can hold a lock: it must reject the second of two writers")
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
    // Needs no login: a deploy holds the lock too, also if no administrator can log in.
    const lock = isLab ? (await site()).lock : (await stacksHere("unlock")).lock();
    endInOrder();
    await unlock(lock, options, console.log);
  });
