import { Command, InvalidArgumentError } from "commander";
import { bench } from "./bench.js";
import { printStatus } from "./cli/print-status.js";
import { runSteps } from "./cli/run-steps.js";
import { takeDown } from "./down.js";
import { Lab } from "./lab.js";
import { layout as layoutOf } from "./layout.js";
import { takeLock } from "./system/lock.js";
import { problems, requireLabHost } from "./system/requirements.js";
import { upSteps } from "./up.js";
import { handOver } from "./cli/hand-over.js";

const program = new Command("npm run lab")
  .description(
    "Boots the platform's payload on three local Debian machines, with network, balancer and edge around them.",
  )
  .option("--state <directory>", "where the running lab lives; `down` removes it", "/var/lib/foobar-lab")
  .option("--cache <directory>", "base system and package repository, kept between labs", "/var/cache/foobar-lab")
  .addHelpText("after", "\nOptions of a command need npm's double dash: npm run lab -- status --json")
  .enablePositionalOptions()
  .showHelpAfterError();

const directories = (): { state: string; cache: string } => program.opts();
const layout = () => layoutOf(directories().state, directories().cache);
const attach = (): Promise<Lab> => Lab.attach(directories());

/** Commands that look, or visit the site: they may run beside another command. */
const onlookers = ["status", "shell", "curl", "load"];
program.hook("preAction", async (_, command) => {
  if (command.name() === "doctor") return;
  await requireLabHost();
  if (!onlookers.includes(command.name())) await takeLock(`npm run lab ${command.name()}`);
});

program
  .command("up")
  .description("builds what is missing and starts everything; ends with a working site")
  .option("--tls <mode>", "where TLS ends: terminate (balancer) or passthrough (nginx)", tlsMode)
  .action(async ({ tls }: { tls?: "terminate" | "passthrough" }) => {
    await runSteps(upSteps(layout(), tls === undefined ? {} : { tls }));
  });

program
  .command("down")
  .description("leaves no process, mount, namespace, control group or file behind, but for the cache")
  .option("--purge", "removes the cache too")
  .action(async (options: { purge?: boolean }) => {
    await takeDown(layout(), options);
  });

program
  .command("status")
  .description("servers, their replication group, the balancer's targets")
  .option("--json", "for machines")
  .action(async ({ json }: { json?: boolean }) => {
    const status = await (await attach()).status();
    if (json) console.log(JSON.stringify(status, null, 2));
    else printStatus(status);
  });

program
  .command("doctor")
  .description("tells whether the lab can run here, and what to do if not")
  .action(async () => {
    const found = await problems();
    for (const problem of found) console.error(problem);
    if (found.length > 0) process.exitCode = 1;
    else console.log("the lab can run here");
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
    .description(description)
    .argument("<machine>")
    .action(async (machine: string) => act((await attach()).machine(machine)));

program
  .command("wipe")
  .description("replaces a machine by one that has never been on, and leaves it off")
  .argument("<machine>")
  .option("--keep-volume", "keeps its data volume, as a replaced server at Hetzner does")
  .action(async (machine: string, options: { keepVolume?: boolean }) =>
    (await attach()).machine(machine).wipe(options),
  );

program
  .command("shell")
  .description("a shell on a machine, or one command: npm run lab shell alpha -- systemctl --failed")
  .argument("<machine>")
  .argument("[command...]")
  .passThroughOptions()
  .action(async (machine: string, words: string[]) => {
    // npm takes the double dash away, a direct call leaves it
    const command = words[0] === "--" ? words.slice(1) : words;
    return handOver(await (await attach()).machine(machine).enter(command.length > 0 ? command : ["bash", "--login"]));
  });

program
  .command("curl")
  .description("curl as an outside visitor: npm run lab curl -- -I https://www.foobar.com/")
  .argument("<arguments...>")
  .passThroughOptions()
  .allowUnknownOption()
  .action(async (args: string[]) => {
    const { ok, stdout, stderr, exitCode } = await (await attach()).visitor.tryCurl(...args);
    console.log(stdout);
    if (!ok) console.error(stderr);
    process.exitCode = exitCode;
  });

program
  .command("load")
  .description("sends requests at a fixed rate for a fixed time and counts what became of them")
  .option("--rate <number>", "requests per second", positive, 50)
  .option("--seconds <number>", "how long", positive, 10)
  .option("--path <path>", "page of the site", "/")
  .option("--method <method>", "HTTP method", "GET")
  .option("--body <json>", "body; {n} becomes the number of the request")
  .option("--keep-alive", "few visitors with many requests instead of many visitors")
  .action(async ({ rate, seconds, path, method, body, keepAlive }: LoadOptions) => {
    const lab = await attach();
    const result = await lab.load({ url: lab.url(path), ratePerSecond: rate, seconds, method, body, keepAlive });
    console.log(JSON.stringify({ ...result, acknowledged: undefined }, null, 2));
  });

program
  .command("bench")
  .description("measures throughput and latency, against the application called directly, and memory")
  .action(async () => bench(await attach()));

interface LoadOptions {
  rate: number;
  seconds: number;
  path: string;
  method: string;
  body?: string;
  keepAlive?: boolean;
}

function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidArgumentError("must be a number above 0");
  return value;
}

function tlsMode(text: string): "terminate" | "passthrough" {
  if (text !== "terminate" && text !== "passthrough")
    throw new InvalidArgumentError("must be terminate or passthrough");
  return text;
}

try {
  await program.parseAsync();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
