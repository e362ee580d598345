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
    "Boots the production payload on three local Debian machines with an emulated network, balancer and edge.",
  )
  .addHelpText("afterAll", "\nnpm requires -- before the options of a command: npm run lab -- status --json")
  .enablePositionalOptions()
  .showHelpAfterError("see: npm run lab -- --help");

/**
 * Commands that may run while another command runs. The commands `bench` and `rehearse` lock the lab themselves while they need the lock.
 */
const onlookers = ["doctor", "status", "shell", "curl", "load", "bench", "rehearse"];
/** Commands that need all installed programs of the lab. All other commands of the lab only need Linux and root. */
const builders = ["up", "bench", "rehearse"];
program.hook("preAction", async (_, command) => {
  const name = command.name();
  if (name !== "doctor") await requireLabHost(builders.includes(name) ? problems : hostProblems);
  if (!onlookers.includes(name)) await takeLock(`npm run lab ${name}`);
});

program
  .command("up")
  .helpGroup("The lab:")
  .description("builds missing parts, starts everything and waits until the site responds")
  .option(
    "--tls <mode>",
    "where TLS ends: terminate (balancer) or passthrough (nginx); a running lab cannot change it",
    tlsMode,
  )
  .option("--release <file>", "tarball of `npm run app:build` instead of this tree's; a running lab cannot change it")
  .option("--settings <file>", "JSON file with the release's settings, such as environment.json; requires --release")
  .action(async ({ tls, release, settings }: UpOptions) => {
    requireRelease({ release, settings });
    const before = (await loadSettings(layout))?.overrides;
    if (before) requireSame({ current: before.tls ?? "terminate", tls, release });
    const outdated = before ? await (await Lab.attach()).outdated() : [];
    for (const { name } of outdated)
      console.error(`${name}: runs an outdated payload; to use this tree's payload, run \`npm run lab down\` first`);
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
  .description("removes every process, mount, namespace, control group and file of the lab, except the cache")
  .option("--purge", "also removes the cache")
  .action(async (options: { purge?: boolean }) => {
    await runSteps([{ title: "down", run: async () => void (await takeDown(layout, options)) }]);
  });

program
  .command("status")
  .helpGroup("The lab:")
  .description("shows the servers, their replication group and the balancer's targets")
  .option("--json", "prints JSON")
  .action(async ({ json }: { json?: boolean }) => {
    const status = await (await Lab.attach()).status();
    if (json) console.log(JSON.stringify(status, null, 2));
    else printStatus(status);
  });

program
  .command("doctor")
  .helpGroup("The lab:")
  .description("checks whether the lab can run on this host, and prints how to fix problems")
  .action(async () => {
    const found = await problems();
    for (const problem of found) console.error(problem);
    if (found.length > 0) process.exitCode = 1;
    else console.log("the lab can run on this host");
  });

program
  .command("publish")
  .helpGroup("Releases, changes, figures:")
  .description("publishes another release inside the lab and prints the command that deploys it")
  .argument("<file>", "tarball of `npm run app:build`")
  .action(async (tarball: string) => {
    const lab = await Lab.attach();
    const { file, sha256 } = await readRelease(tarball);
    const url = await lab.publish(file, `release-${sha256.slice(0, 12)}.tar.gz`);
    console.log(`ENVIRONMENT=lab npm run ops release ${url} ${sha256}`);
  });

for (const [name, description, act] of [
  [
    "kill",
    "cuts the power: disconnects the network, loses unsynced data and ends every process",
    (machine) => machine.kill(),
  ],
  [
    "crash",
    "stops all processes of the machine; its address stays up and rejects connections",
    (machine) => machine.crash(),
  ],
  ["off", "shuts a machine down cleanly", (machine) => machine.off()],
  ["start", "starts a machine", (machine) => machine.start()],
  ["partition", "disconnects a machine from the private network", (machine) => machine.partition()],
  ["heal", "reconnects a machine to the private network", (machine) => machine.heal()],
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
  .description("replaces a machine with an empty one that is switched off")
  .argument("<machine>")
  .option("--keep-volume", "keeps the data volume, like a replacement of a server at Hetzner")
  .action(async (machine: string, options: { keepVolume?: boolean }) => {
    const target = (await Lab.attach()).machine(machine);
    await runSteps([{ title: `wipe ${machine}`, run: async () => void (await target.wipe(options)) }]);
  });

program
  .command("shell")
  .helpGroup("Machines:")
  .description("opens a shell on a machine, or runs one command: npm run lab shell alpha -- systemctl --failed")
  .argument("<machine>")
  .argument("[command...]")
  .passThroughOptions()
  .action(async (machine: string, words: string[]) => {
    // npm removes the double dash from the arguments. A call without npm keeps the double dash.
    const command = words[0] === "--" ? words.slice(1) : words;
    const terminal = ["env", `TERM=${process.env.TERM ?? "dumb"}`, "bash", "--login"];
    return handOver(await (await Lab.attach()).machine(machine).enter(command.length > 0 ? command : terminal));
  });

program
  .command("curl")
  .helpGroup("Visitors:")
  .description("runs curl as an external visitor: npm run lab curl -- -I https://www.foobar.com/")
  .argument("<arguments...>")
  .passThroughOptions()
  .allowUnknownOption()
  .action(async (args: string[]) => {
    await handOver((await Lab.attach()).visitor.curlCommand(...args));
  });

program
  .command("load")
  .helpGroup("Visitors:")
  .description("sends requests at a fixed rate for a fixed time and counts the results")
  .option("--rate <number>", "requests per second, at most 2000", upTo(2000), 50)
  .option("--seconds <number>", "duration, at most 600", upTo(600), 10)
  .option("--path <path>", "path of the page", pagePath, "/")
  .option("--method <method>", "HTTP method", "GET")
  .option("--body <json>", "request body; {n} is replaced with the number of the request")
  .option("--keep-alive", "reuses connections instead of opening one for each request")
  .action(async ({ rate, seconds, path, method, body, keepAlive }: LoadOptions) => {
    const lab = await Lab.attach();
    const result = await lab.load({ url: lab.url(path), ratePerSecond: rate, seconds, method, body, keepAlive });
    console.log(JSON.stringify({ ...result, acknowledged: undefined, acknowledgedAt: undefined }, null, 2));
  });

program
  .command("bench")
  .helpGroup("Releases, changes, figures:")
  .description(
    "compares measurements with the targets: start (restarts the lab), requests (throughput and latency), memory, proof (npm run test:lab)",
  )
  .addArgument(new Argument("[parts...]", "parts to measure").choices(benchParts).default(benchParts))
  .option("--cold", "removes the cache first, to measure the first start on a host")
  .action((parts: BenchPart[], { cold }: { cold?: boolean }) => bench({ parts, ...(cold && { cold }) }));

program
  .command("rehearse")
  .helpGroup("Releases, changes, figures:")
  .description(
    "boots the lab from another commit, rolls out this tree while visitors read and write, and removes the lab; exits with 1 if a visitor noticed",
  )
  .requiredOption("--from <commit>", "commit that the servers start with: a branch, a tag or a hash")
  .option("--rate <number>", "reads per second; writes have the same rate", upTo(200), 20)
  .option("--release <file>", "application tarball for both commits, as for `up`")
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

/** Options for an application other than this tree's application. */
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
  if (settings && !release) throw new Error("lab: --settings requires --release; add --release FILE");
}

/** Checks that a running lab already has the requested TLS mode and that no other release is requested. @throws otherwise */
function requireSame({ current, tls, release }: UpOptions & { current: string }): void {
  if (tls && tls !== current)
    throw new Error(`lab: already running with tls ${current}; to use ${tls}, run \`npm run lab down\` first`);
  if (release)
    throw new Error(
      "lab: already running with a release; to deploy another one, run `npm run lab publish FILE`; if its settings differ, run `npm run lab down` first",
    );
}

interface LoadOptions {
  rate: number;
  seconds: number;
  path: string;
  method: string;
  /** Request body; the load generator replaces `{n}` with the number of the request. @default - none */
  body?: string;
  /** If true, requests reuse connections. @default false */
  keepAlive?: boolean;
}

function upTo(limit: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!(value > 0 && value <= limit))
      throw new InvalidArgumentError(`must be a number greater than 0 and at most ${limit}`);
    return value;
  };
}

function pagePath(text: string): string {
  if (!text.startsWith("/")) throw new InvalidArgumentError('must begin with a slash, for example "/about"');
  return text;
}

function tlsMode(text: string): "terminate" | "passthrough" {
  if (text !== "terminate" && text !== "passthrough")
    throw new InvalidArgumentError("must be terminate or passthrough");
  return text;
}

await runCommand(() => program.parseAsync());
