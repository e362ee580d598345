import { loginOf } from "../../core/site.js";
import type { Moment, RotationProcedure } from "./rotation.js";

/** Rotates the SSH host keys. This program verifies the host keys, so it accepts the old and the new key during the rotation. */
export const sshHostKeys: RotationProcedure = {
  secrets: ["sshHostKey"],
  isOnlyShown: true,

  async prepare({ site }) {
    site.ssh.know(linesOf(await site.secrets.hostKeys()));
  },

  requireAble: () => Promise.resolve(),

  async takeUp({ site }, { name }) {
    // sshd must be able to read the new key, because otherwise no login would be possible after its restart.
    await site.ssh.run(loginOf(site, name), ["sshd", "-t"]);
    await site.ssh.run(loginOf(site, name), ["systemctl", "reload", "ssh.service"]);
  },

  async missing(moment) {
    const { site } = moment;
    const keys = await site.secrets.hostKeys();
    // From here on, this program accepts only the key that the server must present now.
    site.ssh.know(linesOf(new Map([...keys].map(([name, lines]) => [name, lines.split("\n")[0] ?? ""]))));
    try {
      return await silentOf(moment);
    } finally {
      site.ssh.know(linesOf(keys));
    }
  },
};

const linesOf = (keys: ReadonlyMap<string, string>) => [...keys].map(([name, hostKey]) => ({ name, hostKey }));

/** Returns the first server that presents another host key than the expected key. */
async function silentOf({ site, absent }: Moment): Promise<string | undefined> {
  for (const { name } of site.config.servers.filter((server) => !absent.has(server.name))) {
    const { ok, stderr } = await site.ssh.tryRun(loginOf(site, name), ["true"]);
    if (!ok) return `${name}: does not use the expected host key (${stderr.trim().split("\n").at(-1)})`;
  }
  return undefined;
}
