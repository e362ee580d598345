import { runCommand } from "../command-line/run.js";
import { program } from "./program.js";

await runCommand(() => program.parseAsync());
