import { readFileSync } from "node:fs";
import type { SecretName } from "../../../modules/derived/secrets.js";
import { loginOf } from "../../core/site.js";
import { type Moment, withRole } from "./rotation.js";

const program = readFileSync(new URL("files/taken-up.py", import.meta.url), "utf8");

/** File with the process id of the nginx master; see nginx.conf. */
const pidFile = "/run/nginx.pid";

/** Reloads nginx on a server without a failed request. @throws if nginx rejects its files */
export async function reloadNginx({ site }: Pick<Moment, "site">, name: string): Promise<void> {
  await site.ssh.run(loginOf(site, name), ["nginx", "-t", "-q"]);
  await site.ssh.run(loginOf(site, name), ["systemctl", "reload", "nginx.service"]);
}

/** Returns the first web server whose nginx does not use the file with the secret yet, or `undefined`. */
export async function notTakenUp(moment: Moment, secret: SecretName, file: string): Promise<string | undefined> {
  const { site, values } = moment;
  for (const { name } of withRole(moment, "web")) {
    const command = ["python3", "-I", "-c", program, file, pidFile];
    const told = await site.ssh.run(loginOf(site, name), command, { input: values.of(name, secret) });
    if (told !== "") return `${name}: ${told.trim()}`;
  }
  return undefined;
}
