import { beforeAll, describe, expect, it } from "vitest";
import { withoutNames } from "../../modules/machine/parts/host-firewall/index.js";
import { addresses } from "../../modules/platform/addresses.js";
import { ports } from "../../modules/platform/ports.js";
import { type ServiceUser, users } from "../../modules/platform/users.js";
import type { Lab } from "../../lab/lab.js";
import type { Machine } from "../../lab/machine/machine.js";
import { openToAll } from "../../lab/network/addresses.js";
import { datadogHost } from "../../lab/stand-ins/datadog/intake/intake.js";
import { labInMode } from "./support/lab-in-mode.js";
import { label, passed, probeFromServer, type Target } from "./support/probes.js";

/**
 * The expected values in this file are constants. They do not come from the rule table, so this test fails after a wrong change of the
 * rule table.
 */

let lab: Lab;
beforeAll(async () => {
  lab = await labInMode("terminate");
});

const target = (name: string, address: string, protocol: Target["protocol"], port?: number): Target => ({
  name,
  address,
  network: "public",
  protocol,
  port,
});

const internetTargets = Object.entries(openToAll).flatMap(([family, address]) => [
  ...[ports.http, ports.https, 25, 40404].map((port) => target(`internet ${family}`, address, "tcp", port)),
  ...[ports.dns, ports.ntp, ports.https].map((port) => target(`internet ${family}`, address, "udp", port)),
  target(`internet ${family}`, address, "icmp"),
]);
const metadataTargets = [target("metadata", addresses.metadataService, "tcp", ports.http)];
const resolverTargets = addresses.resolvers.flatMap((address) =>
  (["udp", "tcp"] as const).map((protocol) => target(`resolver ${address}`, address, protocol, ports.dns)),
);
const localResolverTargets = (["udp", "tcp"] as const).map((protocol) =>
  target("local resolver", "127.0.0.53", protocol, ports.dns),
);
const everything = [...internetTargets, ...metadataTargets, ...resolverTargets, ...localResolverTargets];
const bothResolvers = ["local resolver udp 53", "local resolver tcp 53"];
const overBoth = (...what: readonly string[]): string[] =>
  Object.keys(openToAll).flatMap((family) => what.map((one) => `internet ${family} ${one}`));

/** Targets that each user of a server reaches, in the order of the variable `everything`. */
const reachable: Readonly<Record<ServiceUser, readonly string[]>> = {
  [users.application]: [],
  [users.migrations]: [],
  [users.nginx]: [],
  [users.mysql]: [],
  [users.haproxy]: [],
  [users.apt]: [...overBoth("tcp 80", "tcp 443"), ...bothResolvers],
  [users.datadog]: [...overBoth("tcp 443", "udp 123"), ...bothResolvers],
  [users.time]: [...overBoth("udp 123"), ...bothResolvers],
  [users.dns]: [...resolverTargets.map(label), ...bothResolvers],
  // The backup user reaches no bucket, because the lab's configuration has no backup.
  [users.backup]: [...bothResolvers],
  [users.root]: [...overBoth("tcp 443", "icmp"), "metadata tcp 80", ...bothResolvers],
};

/** Returns the command that runs another command with the rights of a user, like a service of this user. */
const as = (user: ServiceUser, ...command: string[]): [string, ...string[]] => [
  "setpriv",
  `--reuid=${user}`,
  `--regid=${user}`,
  "--init-groups",
  ...command,
];
const curl = (...args: string[]): string[] => ["curl", "--silent", "--show-error", "--max-time", "10", ...args];
const onEveryMachine = (action: (machine: Machine) => Promise<void>) => Promise.all(lab.machines.map(action));

describe("each user of a server", () => {
  it("each user of a server reaches only the network targets that the user's service needs", async () => {
    await onEveryMachine(async (machine) => {
      const names = Object.keys(reachable);
      const outcomes = await probeFromServer(machine, names, everything);
      const seen = names.map((user) => [
        user,
        everything.filter((_, index) => passed(outcomes[user]?.[index] ?? "silent")).map(label),
      ]);
      expect(Object.fromEntries(seen)).toEqual(reachable);
    });
  });

  it.each([users.application, users.migrations, users.nginx, users.mysql, users.haproxy])(
    "the user %s of a server cannot resolve host names",
    async (user) => {
      expect(withoutNames).toContain(user);
      await onEveryMachine(async (machine) => {
        const { stdout } = await machine.tryExec(as(user, ...curl("--write-out", "%{exitcode}", lab.url())));
        // curl exits with 6 if it cannot resolve the host name.
        expect(stdout).toBe("6");
      });
    },
  );
});

describe("an allowed connection", () => {
  /** Source port of all connections in these tests. The kernel does not assign this port to other programs. */
  const fromPort = 20404;
  it.each([
    { user: users.root, destination: target("local resolver", "127.0.0.53", "udp", ports.dns) },
    { user: users.time, destination: target("internet ipv4", openToAll.ipv4, "udp", ports.ntp) },
    { user: users.time, destination: target("internet ipv6", openToAll.ipv6, "udp", ports.ntp) },
  ])(
    "a server's firewall allows the connection of $user to $destination.name, but rejects the same connection of any other user",
    async ({ user, destination }) => {
      await onEveryMachine(async (machine) => {
        const outcomeFor = async (one: ServiceUser) =>
          (await probeFromServer(machine, [one], [{ ...destination, fromPort }]))[one];
        expect(await outcomeFor(user)).toEqual(["open"]);
        for (const other of withoutNames) expect([other, await outcomeFor(other)]).toEqual([other, ["prohibited"]]);
      });
    },
  );
});

/** apt options for a wait, because a timer may be running apt at the same time. */
const patient = ["-o", "DPkg::Lock::Timeout=120"];

describe("the real programs", () => {
  it("apt fetches every package list through the firewall as the user _apt", async () => {
    await onEveryMachine(async (machine) => {
      const output = await machine.exec([
        "apt-get",
        "update",
        "--error-on=any",
        ...patient,
        "-o",
        "Debug::Acquire::http=true",
      ]);
      expect(output).toMatch(/^(Hit|Get):1 /m);
      expect(output).not.toMatch(/^(Err|Ign|W|E):/m);
    });
  });

  it("the user dd-agent reaches Datadog by its host name with a verified certificate", async () => {
    const { site } = lab.blueprint.environment.config.monitoring;
    await onEveryMachine(async (machine) => {
      const shape = "%{remote_ip} %{ssl_verify_result}";
      const output = await machine.exec(
        as(users.datadog, ...curl("--ipv4", "--output", "/dev/null", "--write-out", shape, `https://api.${site}/`)),
      );
      expect(output).toBe(`${datadogHost.publicIpv4} 0`);
    });
  });

  it("only root can read a server's user data from the metadata service", async () => {
    const url = `http://${addresses.metadataService}/hetzner/v1/userdata`;
    await onEveryMachine(async (machine) => {
      expect(await machine.exec(["curl", "--silent", "--fail", url])).toContain("multipart/mixed");
      for (const user of Object.values(users).filter((one) => one !== users.root)) {
        const { ok, stdout } = await machine.tryExec(as(user, ...curl(url)));
        expect({ user, ok, stdout }).toEqual({ user, ok: false, stdout: "" });
      }
    });
  });
});
