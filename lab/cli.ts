import { resolve } from "node:path";
import { Argument, Command, InvalidArgumentError } from "commander";
import { runCommand } from "../command-line/run.js";
import { bench, type BenchPart, benchParts } from "./bench.js";
import { handOver } from "./cli/hand-over.js";
import { printStatus } from "./cli/print-status.js";
import { runSteps } from "./cli/run-steps.js";
import { takeDown } from "./down.js";
import { Lab } from "./lab.js";
import { layout } from "./layout.js";
import { keepRelease, readRelease } from "./releases.js";
import { loadSettings } from "./settings.js";
import { rehearse } from "./rehearse.js";
import { takeLock } from "./system/lock.js";
import { hostProblems, problems, requireLabHost } from "./requirements.js";
import { upSteps } from "./up.js";

const program = new Command("npm run lab")
  .description(
    "Boots the platform's payload on three local Debian machines, with network, balancer and edge around them.",
  )
  .addHelpText("afterAll", "\nOptions of a command need npm's double dash: npm run lab -- status --json")
  .enablePositionalOptions()
  .showHelpAfterError("see: npm run lab -- --help");

/** Commands that look, or visit the site: they may run beside another command. `bench` and `rehearse` lock the lab themselves, when they need it. */
const onlookers = ["doctor", "status", "shell", "curl", "load", "bench", "rehearse"];
/** Commands that need everything the lab is made with; the others are content with a host that could carry one. */
const builders = ["up", "bench", "rehearse"];
program.hook("preAction", async (_, command) => {
  const name = command.name();
  if (name !== "doctor") await requireLabHost(builders.includes(name) ? problems : hostProblems);
  if (!onlookers.includes(name)) await takeLock(`npm run lab ${name}`);
});

program
  .command("up")
  .helpGroup("The lab:")
  .description("builds what is missing and starts everything; ends with a working site")
  .option("--tls <mode>", "where TLS ends: terminate (balancer) or passthrough (nginx); a lab keeps its mode", tlsMode)
  .option("--release <file>", "tarball of `npm run app:build`, in place of this tree's; a lab keeps its release")
  .option("--settings <file>", "with --release: JSON with the lines of the environment, such as environment.json")
  .action(async ({ tls, release, settings }: UpOptions) => {
    requireRelease({ release, settings });
    const before = (await loadSettings(layout))?.overrides;
    const current = before?.tls ?? "terminate";
    if (tls && before && tls !== current)
      throw new Error(`lab: is up with tls ${current}; for ${tls}, run \`npm run lab down\` first`);
    if (release && before)
      throw new Error(
        "lab: is up with a release; for another one, run `npm run lab publish FILE`, or `npm run lab down` first if its settings differ",
      );
    const outdated = before ? await (await Lab.attach()).outdated() : [];
    for (const { name } of outdated)
      console.error(`${name}: runs another payload than this tree's; for the new one, run \`npm run lab down\` first`);
    const seconds = await runSteps(
      upSteps(layout, {
        ...before,
        ...(tls && { tls }),
        ...(release && { release: await keepRelease(layout, await readRelease(release, settings)) }),
      }),
    );
    console.log(`up after ${seconds.toFixed(1)} s`);
  });

program
  .command("down")
  .helpGroup("The lab:")
  .description("leaves no process, mount, namespace, control group or file behind, but for the cache")
  .option("--purge", "removes the cache too")
  .action(async (options: { purge?: boolean }) => {
    await runSteps([{ title: "down", run: async () => void (await takeDown(layout, options)) }]);
  });

program
  .command("status")
  .helpGroup("The lab:")
  .description("servers, their replication group, the balancer's targets")
  .option("--json", "for machines")
  .action(async ({ json }: { json?: boolean }) => {
    const status = await (await Lab.attach()).status();
    if (json) console.log(JSON.stringify(status, null, 2));
    else printStatus(status);
  });

program
  .command("doctor")
  .helpGroup("The lab:")
  .description("tells whether the lab can run here, and what to do if not")
  .action(async () => {
    const found = await problems();
    for (const problem of found) console.error(problem);
    if (found.length > 0) process.exitCode = 1;
    else console.log("the lab can run here");
  });

program
  .command("publish")
  .helpGroup("Releases, changes, figures:")
  .description("puts another release on the lab's internet, and says by which command servers take it")
  .argument("<file>", "tarball of `npm run app:build`")
  .action(async (tarball: string) => {
    const lab = await Lab.attach();
    const { file, sha256 } = await readRelease(tarball);
    const url = await lab.publish(file, `release-${sha256.slice(0, 12)}.tar.gz`);
    console.log(`ENVIRONMENT=lab npm run ops release ${url} ${sha256}`);
  });

for (const [name, description, act] of [
  ["kill", "power cut: silence on its links, unwritten data lost, every process ended", (machine) => machine.kill()],
  ["crash", "ends every process; the address still answers, with resets", (machine) => machine.crash()],
  ["off", "orderly shutdown", (machine) => machine.off()],
  ["start", "switches a machine on", (machine) => machine.start()],
  ["partition", "cuts a machine off the private network", (machine) => machine.partition()],
  ["heal", "ends a partition", (machine) => machine.heal()],
] satisfies [string, string, (machine: ReturnType<Lab["machine"]>) => Promise<void>][])
  program
    .command(name)
    .helpGroup("Machines:")
    .description(description)
    .argument("<machine>")
    .action(async (machine: string) => {
      const target = (await Lab.attach()).machine(machine);
      await runSteps([{ title: `${name} ${machine}`, run: async () => void (await act(target)) }]);
    });

program
  .command("wipe")
  .helpGroup("Machines:")
  .description("replaces a machine by one that has never been on, and leaves it off")
  .argument("<machine>")
  .option("--keep-volume", "keeps its data volume, as a replaced server at Hetzner does")
  .action(async (machine: string, options: { keepVolume?: boolean }) => {
    const target = (await Lab.attach()).machine(machine);
    await runSteps([{ title: `wipe ${machine}`, run: async () => void (await target.wipe(options)) }]);
  });

program
  .command("shell")
  .helpGroup("Machines:")
  .description("a shell on a machine, or one command: npm run lab shell alpha -- systemctl --failed")
  .argument("<machine>")
  .argument("[command...]")
  .passThroughOptions()
  .action(async (machine: string, words: string[]) => {
    // npm takes the double dash away, a direct call leaves it
    const command = words[0] === "--" ? words.slice(1) : words;
    const terminal = ["env", `TERM=${process.env.TERM ?? "dumb"}`, "bash", "--login"];
    return handOver(await (await Lab.attach()).machine(machine).enter(command.length > 0 ? command : terminal));
  });

program
  .command("curl")
  .helpGroup("Visitors:")
  .description("curl as an outside visitor: npm run lab curl -- -I https://www.foobar.com/")
  .argument("<arguments...>")
  .passThroughOptions()
  .allowUnknownOption()
  .action(async (args: string[]) => {
    await handOver((await Lab.attach()).visitor.curlCommand(...args));
  });

program
  .command("load")
  .helpGroup("Visitors:")
  .description("sends requests at a fixed rate for a fixed time and counts what became of them")
  .option("--rate <number>", "requests per second, at most 2000", upTo(2000), 50)
  .option("--seconds <number>", "how long, at most 600", upTo(600), 10)
  .option("--path <path>", "page of the site", pagePath, "/")
  .option("--method <method>", "HTTP method", "GET")
  .option("--body <json>", "body; {n} becomes the number of the request")
  .option("--keep-alive", "few visitors with many requests instead of many visitors")
  .action(async ({ rate, seconds, path, method, body, keepAlive }: LoadOptions) => {
    const lab = await Lab.attach();
    const result = await lab.load({ url: lab.url(path), ratePerSecond: rate, seconds, method, body, keepAlive });
    console.log(JSON.stringify({ ...result, acknowledged: undefined, acknowledgedAt: undefined }, null, 2));
  });

program
  .command("bench")
  .helpGroup("Releases, changes, figures:")
  .description(
    "measures, against the goals: start (takes the lab down and up), requests (throughput and latency), memory, proof (npm run test:lab)",
  )
  .addArgument(new Argument("[parts...]", "some of the parts").choices(benchParts).default(benchParts))
  .option("--cold", "start without a cache, as on a host that never had a lab")
  .action((parts: BenchPart[], { cold }: { cold?: boolean }) => bench({ parts, ...(cold && { cold }) }));

program
  .command("rehearse")
  .helpGroup("Releases, changes, figures:")
  .description(
    "boots the lab as another commit makes it, rolls this tree out over it while visitors read and write, and takes it down; ends with 1 when a visitor noticed",
  )
  .requiredOption("--from <commit>", "what the servers run now: a branch, a tag, a hash")
  .option("--rate <number>", "reads, and writes, a second", upTo(200), 20)
  .option("--release <file>", "as for `up`: an application of one's own in both")
  .option("--settings <file>", "as for `up`")
  .action(async ({ from, rate, release, settings }: RehearseOptions) => {
    requireRelease({ release, settings });
    process.exitCode = await rehearse({
      from,
      ratePerSecond: rate,
      ...(release && { release: resolve(release) }),
      ...(settings && { settings: resolve(settings) }),
    });
  });

/** An application of one's own. */
interface ReleaseOptions {
  release?: string | undefined;
  settings?: string | undefined;
}

interface UpOptions extends ReleaseOptions {
  tls?: "terminate" | "passthrough";
}

interface RehearseOptions extends ReleaseOptions {
  from: string;
  rate: number;
}

function requireRelease({ release, settings }: ReleaseOptions): void {
  if (settings && !release) throw new Error("lab: --settings belongs to --release; name the tarball too");
}

interface LoadOptions {
  rate: number;
  seconds: number;
  path: string;
  method: string;
  /** @default - none */
  body?: string;
  /** @default false */
  keepAlive?: boolean;
}

function upTo(limit: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!(value > 0 && value <= limit)) throw new InvalidArgumentError(`must be a number above 0, at most ${limit}`);
    return value;
  };
}

function pagePath(text: string): string {
  if (!text.startsWith("/")) throw new InvalidArgumentError('must begin with a slash, as "/notes"');
  return text;
}

function tlsMode(text: string): "terminate" | "passthrough" {
  if (text !== "terminate" && text !== "passthrough")
    throw new InvalidArgumentError("must be terminate or passthrough");
  return text;
}

await runCommand(() => program.parseAsync());
