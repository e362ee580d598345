import { join } from "node:path";
import { temporaryFolder, writeBelow } from "./payload-files.js";
import { runTool } from "./tools.js";

/** Simulated server for a script. The paths of `files` are below a folder that replaces the root directory. */
interface Server {
  readonly files?: Readonly<Record<string, string>>;
  /** First words of a command that fails. @default - none */
  readonly fails?: string;
}

/** Commands in server scripts that must not really run on the test machine. */
const commands =
  "systemctl nft sshd nginx haproxy usermod chown mysql systemd-sysctl fetch-release install ln sh".split(" ");

/**
 * Returns the commands with which a script changes the server, in order. If the exit status is not 0, it follows the commands. The script
 * uses a folder instead of the system's paths.
 */
export function stepsOf(script: string, { files = {}, fails = "none" }: Server = {}): readonly string[] {
  const folder = temporaryFolder();
  const standIn = `#!/bin/bash\necho "\${0##*/} $*"; case "\${0##*/} $*" in "${fails}"*) exit 1 ;; esac\n`;
  const inFolder = script
    .replaceAll(/^\/usr\/(?:lib\/systemd|local\/sbin)\/(?=[a-z-]+( |$))/gm, "")
    .replaceAll(/(?<=[\s"=])\/(etc|run|var|opt)\//g, `${folder}/$1/`);
  writeBelow(folder, [
    ...commands.map((name) => ({ path: `bin/${name}`, content: standIn, permissions: "0755" })),
    ...Object.entries(files).map(([path, content]) => ({ path: path.slice(1), content })),
    { path: "script", content: inFolder },
  ]);
  const run = `PATH=${folder}/bin:$PATH /bin/sh ${join(folder, "script")}; status=$?; [ $status -eq 0 ] || echo "exit $status"`;
  return runTool("/bin/sh", ["-c", run]).output.replaceAll(folder, "").trim().split("\n");
}
