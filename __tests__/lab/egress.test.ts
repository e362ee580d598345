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

/** These expectations are fixed, not computed from the rule table, so that a wrong change of the table fails this test. */

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

/** Targets outside the server that each user reaches, in the order of the targets. */
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
  // Without an archive, the backup user has nothing to send.
  [users.backup]: [...bothResolvers],
  [users.root]: [...overBoth("tcp 443", "icmp"), "metadata tcp 80", ...bothResolvers],
};

/** A command that runs with the rights of a user, like a service of this user. */
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
  it("each user reaches only the targets that its service needs", async () => {
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
    "the user %s cannot resolve names",
    async (user) => {
      expect(withoutNames).toContain(user);
      await onEveryMachine(async (machine) => {
        const { stdout } = await machine.tryExec(as(user, ...curl("--write-out", "%{exitcode}", lab.url())));
        // curl's "could not resolve host"
        expect(stdout).toBe("6");
      });
    },
  );
});

describe("an allowed connection", () => {
  /** The kernel assigns this port to no other program. */
  const fromPort = 20404;
  it.each([
    { user: users.root, destination: target("local resolver", "127.0.0.53", "udp", ports.dns) },
    { user: users.time, destination: target("internet ipv4", openToAll.ipv4, "udp", ports.ntp) },
    { user: users.time, destination: target("internet ipv6", openToAll.ipv6, "udp", ports.ntp) },
  ])("the connection of $user to $destination.name cannot be used by another user", async ({ user, destination }) => {
    await onEveryMachine(async (machine) => {
      const outcomeFor = async (one: ServiceUser) =>
        (await probeFromServer(machine, [one], [{ ...destination, fromPort }]))[one];
      expect(await outcomeFor(user)).toEqual(["open"]);
      for (const other of withoutNames) expect([other, await outcomeFor(other)]).toEqual([other, ["prohibited"]]);
    });
  });
});

/** A timer may be running apt at the same time. */
const patient = ["-o", "DPkg::Lock::Timeout=120"];

describe("the real programs", () => {
  it("apt fetches every package list as _apt", async () => {
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

  it("dd-agent reaches Datadog by name with a verified certificate", async () => {
    const { site } = lab.blueprint.environment.config.monitoring;
    await onEveryMachine(async (machine) => {
      const shape = "%{remote_ip} %{ssl_verify_result}";
      const output = await machine.exec(
        as(users.datadog, ...curl("--ipv4", "--output", "/dev/null", "--write-out", shape, `https://api.${site}/`)),
      );
      expect(output).toBe(`${datadogHost.publicIpv4} 0`);
    });
  });

  it("only root can read the server's user data from the metadata service", async () => {
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
