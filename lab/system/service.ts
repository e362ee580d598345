import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, open, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { namespaceOf, type Layout } from "../layout.js";
import { ControlGroup, groupNames } from "./control-group.js";

/** A long-running process of the lab, such as the name server, a stand-in or the balancer. */
export interface ServiceProps {
  /** Name of the service, part of the names of the control group and the log file. */
  readonly name: string;
  /** Lab host in whose network namespace the service runs. */
  readonly host: string;
  /** Path of the program, followed by the arguments. */
  readonly command: readonly [string, ...string[]];
  /** Additional environment variables. @default - none */
  readonly environment?: Readonly<Record<string, string>>;
  /** Text of the service's configuration. A change of the configuration, command or environment restarts the service. @default - none */
  readonly configuration?: string;
}

const groupPrefix = "service-";

const groupOf = (name: string): ControlGroup => new ControlGroup(`${groupPrefix}${name}`);

/** Returns the names of all services that were started and not stopped, including crashed services. */
export const startedServices = async (): Promise<string[]> =>
  (await groupNames()).filter((name) => name.startsWith(groupPrefix)).map((name) => name.slice(groupPrefix.length));

/** Starts a service. Does nothing if the service is already running with the same properties. */
export async function startService(layout: Layout, props: ServiceProps): Promise<void> {
  const group = groupOf(props.name);
  const file = path.join(layout.services, `${props.name}.started`);
  const fingerprint = createHash("sha256").update(JSON.stringify(props)).digest("hex");
  if ((await group.alive()) && (await readFile(file, "utf8").catch(() => "")) === fingerprint) return;
  await group.create();
  await mkdir(layout.services, { recursive: true, mode: 0o700 });
  await writeFile(file, fingerprint);
  await spawnInGroup(group, ["ip", "netns", "exec", namespaceOf(props.host), ...props.command], {
    logFile: path.join(layout.logs, `${props.name}.log`),
    environment: props.environment,
  });
}

/** Stops a service. Does nothing if the service is not running. */
export const stopService = (name: string): Promise<void> => groupOf(name).remove();

/** Checks whether a process of the service is running. */
export const serviceRuns = (name: string): Promise<boolean> => groupOf(name).alive();

/** Starts a process in a control group. The process continues to run after the lab's command has ended. */
export async function spawnInGroup(
  group: ControlGroup,
  command: readonly string[],
  options: { readonly logFile: string; readonly environment?: Readonly<Record<string, string>> },
): Promise<void> {
  await mkdir(path.dirname(options.logFile), { recursive: true });
  const log = await open(options.logFile, "a");
  const join = group.joinFiles.map((file) => `echo $$ >'${file}'`).join(" && ");
  const child = spawn("sh", ["-c", `${join} && exec "$@"`, "sh", ...command], {
    detached: true,
    stdio: ["ignore", log.fd, log.fd],
    env: { ...process.env, ...options.environment },
  });
  await new Promise<void>((resolve, reject) => child.once("spawn", resolve).once("error", reject));
  child.unref();
  await log.close();
}
