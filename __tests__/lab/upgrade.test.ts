import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import type { Lab } from "../../lab/lab.js";
import { sleep } from "../../lab/system/shell.js";
import { paths } from "../../modules/platform/paths.js";
import { failures, figure, seconds, timed } from "./support/figures.js";
import { settled } from "../../lab/group.js";
import { labInAnyMode } from "./support/lab-in-mode.js";

let lab: Lab;
beforeAll(async () => {
  lab = await labInAnyMode();
});

/** Shell command that replaces OpenSSL's library with a copy, like an upgrade of the library. Nearly every service uses this library. */
const replaceLibrary = `for file in /usr/lib/*/libcrypto.so.3; do cp -a "$file" "$file.new" && mv "$file.new" "$file"; done`;

const services = ["app", "haproxy", "nginx", "mysql-group", "mysql"] as const;

describe("a security update of a library while visitors read", () => {
  it("a security update of a library restarts every service except MySQL without a failed request, and requests a reboot for MySQL", async () => {
    const [machine] = (await settled(lab)).replicas;
    if (machine === undefined) throw new Error("a replica is needed");
    const processes = () =>
      Promise.all(
        services.map((service) =>
          machine.exec(["systemctl", "show", "--property=MainPID", "--value", `${service}.service`]),
        ),
      );
    const restarted = async (before: readonly string[]) => {
      const after = await processes();
      return services.filter((_, index) => before[index] !== after[index]);
    };
    const before = await processes();
    const over = new AbortController();
    onTestFinished(() => over.abort());
    const reading = lab.load({ url: lab.url(), ratePerSecond: 20, seconds: 100 }, over.signal);
    await sleep(2);
    await machine.exec(["sh", "-c", replaceLibrary]);
    const { seconds: took } = await timed(() => machine.exec([paths.restartUpgraded]));
    await settled(lab);
    over.abort();
    const reads = await reading;
    expect(reads.failures).toEqual([]);
    expect(await restarted(before)).toEqual(services.filter((service) => service !== "mysql"));
    const waiting = (await machine.exec(["cat", "/run/reboot-required.pkgs"])).split("\n");
    expect(waiting).toContain("mysql.service");
    figure("security update", `services restarted in ${seconds(took)}, reads: ${failures(reads)}`);

    await machine.off();
    await machine.start();
    await settled(lab);
    expect((await machine.tryExec(["cat", "/run/reboot-required.pkgs"])).ok).toBe(false);
    await machine.exec([paths.restartUpgraded]);
    expect((await machine.tryExec(["cat", "/run/reboot-required.pkgs"])).ok).toBe(false);
  });
});
