import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { targetHealth } from "../../lab/balancer/balancer.js";
import type { Lab } from "../../lab/lab.js";
import type { Machine } from "../../lab/machine/machine.js";
import { waitFor } from "../../lab/system/shell.js";
import { paths } from "../../modules/platform/paths.js";
import { figure, seconds, timed } from "./support/figures.js";
import { settled } from "../../lab/group.js";
import { labInAnyMode } from "./support/lab-in-mode.js";

let lab: Lab;
beforeAll(async () => {
  lab = await labInAnyMode();
});

const patience = { timeoutSeconds: 240, pauseSeconds: 1 };

/** Returns the health notice with the given name, which users see at login; `undefined` if the notice does not exist. */
async function noticeOf(machine: Machine, name: string): Promise<string | undefined> {
  const { ok, stdout } = await machine.tryExec(["cat", `${paths.notices}/${name}`]);
  return ok ? stdout : undefined;
}

const noticed = (machine: Machine, name: string, words: RegExp): Promise<string> =>
  waitFor(
    `${machine.name} says ${words.source}`,
    async (see) => {
      const notice = see(await noticeOf(machine, name));
      return notice !== undefined && words.test(notice) ? notice : undefined;
    },
    patience,
  );

const active = async (machine: Machine, ...units: readonly string[]): Promise<string> =>
  (await machine.tryExec(["systemctl", "is-active", ...units])).stdout.replaceAll("\n", " ");

/** The unreachable hosts in this test do not include time servers, because the lab's servers never reach a time server. */
describe("a first boot while Debian's archive, MySQL's repository and the release host are unreachable", () => {
  it("a server's first boot reports unreachable hosts, and completes automatically as they return, despite a reboot", async () => {
    const [machine] = (await settled(lab)).replicas;
    if (machine === undefined) throw new Error("a replica is needed");
    const mysql = "repo.mysql.com";
    const release = new URL(lab.blueprint.environment.config.application.url).hostname;
    onTestFinished(() => lab.setAway([]));
    await lab.setAway(["deb.debian.org", mysql, release]);
    await machine.wipe();
    await machine.start();
    expect((await machine.waitForCloudInit()).status).toBe("done");

    await noticed(machine, "server-setup", /^ {2}host-firewall: /m);
    expect(await active(machine, "nginx", "mysql", "haproxy")).toBe("inactive inactive inactive");

    await lab.setAway([mysql, release]);
    // server-setup completes all other components, some of them at the second attempt.
    await noticed(machine, "server-setup", /^[^ ].*\n {2}release: fetch-release: [^\n]*\n {2}mysql: E: [^\n]*\n?$/);
    expect(await active(machine, "nftables", "datadog-agent", "nginx", "haproxy")).toBe("active active active active");
    expect(
      (await targetHealth(lab.layout)).filter(({ target, healthy }) => target === machine.name && healthy),
    ).toEqual([]);

    await machine.off();
    await machine.start();
    await noticed(machine, "server-setup", /^ {2}mysql: E: /m);

    await lab.setAway([release]);
    await noticed(machine, "server-setup", /^ {2}mysql: mysql waits for the release/m);
    expect(await active(machine, "app", "mysql")).not.toMatch(/\bactive/);

    await lab.setAway([]);
    const { seconds: took } = await timed(() => settled(lab));
    expect(await noticeOf(machine, "server-setup")).toBeUndefined();
    figure("first boot", `complete ${seconds(took)} after the last host had returned`);
  });
});

describe("a boot without valid firewall rules", () => {
  it("a server without valid firewall rules starts no network service, reports the fault, and continues once the rules are valid", async () => {
    const [machine] = (await settled(lab)).replicas;
    if (machine === undefined) throw new Error("a replica is needed");
    const rules = "/etc/nftables.conf";
    await machine.exec(["sh", "-c", `cp -a ${rules} ${rules}.good && echo nonsense >>${rules}`]);
    onTestFinished(async () => {
      await machine.tryExec(["sh", "-c", `[ ! -e ${rules}.good ] || mv ${rules}.good ${rules}`]);
    });
    await machine.off();
    await machine.start();
    await noticed(machine, "host-firewall", /rules differ from/);
    expect(await active(machine, "nginx", "haproxy", "app", "mysql", "mysql-group")).not.toMatch(/\bactive/);
    expect(await active(machine, "ssh", "datadog-agent")).toBe("active active");

    await machine.exec(["mv", `${rules}.good`, rules]);
    await machine.exec(["systemctl", "reload-or-restart", "nftables"]);
    await machine.exec(["systemctl", "start", "multi-user.target"]);
    await settled(lab);
    await machine.exec(["systemctl", "start", "server-watch"]);
    expect(await noticeOf(machine, "host-firewall")).toBeUndefined();
  });

  it("a restart of the firewall's unit is rejected, and the rules and all services stay", async () => {
    const [machine] = (await settled(lab)).replicas;
    if (machine === undefined) throw new Error("a replica is needed");
    const { ok, stderr } = await machine.tryExec(["systemctl", "restart", "nftables"]);
    expect({ ok, refused: stderr.includes("refused") }).toEqual({ ok: false, refused: true });
    expect(await active(machine, "nftables", "nginx", "mysql")).toBe("active active active");
    await machine.exec(["nft", "delete", "table", "inet", "host"]);
    await machine.exec(["systemctl", "start", "server-watch"]);
    expect(await noticeOf(machine, "host-firewall")).toContain("rules differ from");
    await machine.exec(["systemctl", "reload", "nftables"]);
    await machine.exec(["systemctl", "start", "server-watch"]);
    expect(await noticeOf(machine, "host-firewall")).toBeUndefined();
  });
});

describe("a server without its private address", () => {
  it("a health notice reports a server whose private address is missing", async () => {
    const [machine] = (await settled(lab)).replicas;
    if (machine === undefined) throw new Error("a replica is needed");
    const address = machine.host.privateIpv4 ?? "";
    await machine.exec(["ip", "address", "del", `${address}/32`, "dev", "eth1"]);
    onTestFinished(() => settled(lab).then(() => undefined));
    onTestFinished(async () => {
      await machine.exec(["networkctl", "reconfigure", "eth1"]);
    });
    await machine.exec(["systemctl", "start", "server-watch"]);
    expect(await noticeOf(machine, "private-network")).toContain(`private address ${address} is on no interface`);
  });
});
