import { readFileSync } from "node:fs";
import type { SecretName } from "../../../modules/config/secrets.js";
import { loginOf } from "../../core/site.js";
import { type Moment, withRole } from "./rotation.js";

const program = readFileSync(new URL("files/taken-up.py", import.meta.url), "utf8");

/** Where nginx writes the number of its master, as nginx.conf says. */
const pidFile = "/run/nginx.pid";

/** Makes nginx on a server read its files again, without a failed request. @throws if it would reject them */
export async function reloadNginx({ site }: Pick<Moment, "site">, name: string): Promise<void> {
  await site.ssh.run(loginOf(site, name), ["nginx", "-t", "-q"]);
  await site.ssh.run(loginOf(site, name), ["systemctl", "reload", "nginx.service"]);
}

/** Which web server's nginx does not use the file with a secret yet; `undefined` if all do. */
export async function notTakenUp(moment: Moment, secret: SecretName, file: string): Promise<string | undefined> {
  const { site, values } = moment;
  for (const { name } of withRole(moment, "web")) {
    const command = ["python3", "-I", "-c", program, file, pidFile];
    const told = await site.ssh.run(loginOf(site, name), command, { input: values.of(name, secret) });
    if (told !== "") return `${name}: ${told.trim()}`;
  }
  return undefined;
}
