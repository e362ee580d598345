import { fileURLToPath } from "node:url";
import { Command } from "commander";
import { execa } from "execa";
import { payloadMutations } from "./payload-mutations.js";
import { tryMutations } from "./try-mutations.js";

/** Share of the mistakes that tests must notice. */
const goal = 0.9;

const program = new Command("npm run mutate").description(
  "Makes small mistakes on purpose and runs the unit tests, to see which nobody would notice. Takes minutes to hours.",
);

program
  .command("payload")
  .description("known mistakes in the files of servers, one at a time; ends with 1 below nine tenths noticed")
  .option("--file <text>", "only files whose path holds this text", "")
  .action(async ({ file }: { file: string }) => {
    const wanted = payloadMutations.filter((mutation) => mutation.file.includes(file));
    const noticed = await tryMutations(wanted, ({ file: path, from, to, harm }, isNoticed) =>
      console.log(
        `${isNoticed ? "noticed    " : "NOT NOTICED"} ${path}: ${from.trim()} -> ${to.trim() || "nothing"} (${harm})`,
      ),
    );
    console.log(`${noticed} of ${wanted.length} noticed`);
    if (noticed < goal * wanted.length) process.exitCode = 1;
  });

program
  .command("mysql-group")
  .description("mistakes that mutmut makes in mysql-group; ends with 1 below nine tenths noticed")
  .argument("[modules...]", "only these, for example: liveness room")
  .action(async (modules: readonly string[]) => {
    const script = fileURLToPath(new URL("mysql-group.py", import.meta.url));
    const { exitCode } = await execa("python3", [script, ...modules], { stdio: "inherit", reject: false });
    process.exitCode = exitCode;
  });

program
  .command("typescript")
  .description("mistakes that Stryker makes in the modules; its own options follow --")
  .argument("[options...]", "for example: -- --mutate 'modules/config/rules/*.ts'")
  .allowUnknownOption()
  .action(async (options: readonly string[]) => {
    const { exitCode } = await execa("npx", ["stryker", "run", ...options], { stdio: "inherit", reject: false });
    process.exitCode = exitCode;
  });

await program.parseAsync();
