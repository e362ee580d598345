import { loginOf } from "../../core/site.js";
import type { Moment, RotationProcedure } from "./rotation.js";

/** The keys by which servers prove who they are. The one who checks them is this program: it knows both while they change. */
export const sshHostKeys: RotationProcedure = {
  secrets: ["sshHostKey"],
  isOnlyShown: true,

  async prepare({ site }) {
    site.ssh.know(linesOf(await site.secrets.hostKeys()));
  },

  requireAble: () => Promise.resolve(),

  async takeUp({ site }, { name }) {
    // A key that sshd cannot read would lock everybody out.
    await site.ssh.run(loginOf(site, name), ["sshd", "-t"]);
    await site.ssh.run(loginOf(site, name), ["systemctl", "reload", "ssh.service"]);
  },

  async missing(moment) {
    const { site } = moment;
    const keys = await site.secrets.hostKeys();
    // By the one key that is to be shown, and by no other.
    site.ssh.know(linesOf(new Map([...keys].map(([name, lines]) => [name, lines.split("\n")[0] ?? ""]))));
    try {
      return await silentOf(moment);
    } finally {
      site.ssh.know(linesOf(keys));
    }
  },
};

const linesOf = (keys: ReadonlyMap<string, string>) => [...keys].map(([name, hostKey]) => ({ name, hostKey }));

/** The first server that does not prove itself. */
async function silentOf({ site, absent }: Moment): Promise<string | undefined> {
  for (const { name } of site.config.servers.filter((server) => !absent.has(server.name))) {
    const { ok, stderr } = await site.ssh.tryRun(loginOf(site, name), ["true"]);
    if (!ok) return `${name}: does not show the key that it is to show (${stderr.trim().split("\n").at(-1)})`;
  }
  return undefined;
}
