import { describe, expect, it } from "vitest";
import { failover } from "../../ops/commands/failover.js";
import { release } from "../../ops/commands/release.js";
import { remove } from "../../ops/commands/remove.js";
import { rotate } from "../../ops/commands/rotate.js";
import { rollout } from "../../ops/commands/rollout.js";
import { upgrade } from "../../ops/commands/upgrade.js";
import type { EnvironmentInput } from "../../modules/config/schema.js";
import { paths } from "../../modules/platform/paths.js";
import { exampleConfig, exampleSshKey, type Overrides } from "../support/config.js";
import { splitServers } from "../support/servers.js";
import { instantly } from "./support/instantly.js";
import { release as named } from "./support/snapshot.js";
import { World } from "./support/world.js";

describe("a rollout", () => {
  const replaced = (name: string, ...before: readonly string[]): readonly string[] => [
    `provider: prepare ${name}`,
    `in hand: ${name}`,
    ...before,
    `${name}: systemctl poweroff`,
    `provider: replace ${name}`,
    "in hand: nobody",
  ];

  it("replaces outdated servers one at a time, the primary last and after it has handed over its role", async () => {
    instantly();
    const world = new World();
    for (const name of ["alpha", "charlie"]) world.machine(name).current = false;
    await rollout(await world.context("rollout"), {});
    expect(world.steps).toEqual([...replaced("charlie"), ...replaced("alpha", "alpha: mysql-group step-down")]);
    expect(world.said.at(-1)).toMatch(/^charlie, alpha replaced in /);
  });

  it("gives the first replaced member the role when only a primary like it makes the accounts that it needs", async () => {
    instantly();
    const world = new World();
    for (const name of ["alpha", "bravo", "charlie"]) world.machine(name).current = false;
    world.grants = "and one for migrations";
    await rollout(await world.context("rollout"), {});
    expect(world.steps.filter((step) => /replace|mysql/.test(step))).toEqual([
      "provider: replace bravo",
      expect.stringMatching(/^alpha: mysql SELECT group_replication_set_as_primary/),
      "provider: replace alpha",
      "provider: replace charlie",
    ]);
    expect(world.primary).toBe("bravo");
  });

  it("waits on where MySQL does not give that member the role, and says why", async () => {
    instantly();
    const world = new World();
    world.machine("bravo").current = false;
    world.grants = "and one for migrations";
    world.failing.add("alpha: mysql SELECT group_replication_set_as_primary(@successor,");
    await expect(rollout(await world.context("rollout"), { patienceMinutes: 1 })).rejects.toThrow(
      /its application is not ready/,
    );
    expect(world.steps.filter((step) => step.includes("set_as_primary"))).toHaveLength(1);
    expect(world.said.join("\n")).toContain("it failed");
  });

  it("does not touch a second server while the first is not back", async () => {
    instantly();
    const world = new World();
    for (const name of ["bravo", "charlie"]) world.machine(name).current = false;
    const context = await world.context("rollout");
    world.sick = named("2").sha256;
    await expect(rollout(context, {})).rejects.toThrow(
      /^stopped before the next server: .*its application is not ready/s,
    );
    expect(world.steps).toEqual([]);
  });

  /** A world whose bravo is outdated, and what goes wrong once it is replaced. */
  const withReplaced = async (happens: (world: World) => void) => {
    instantly();
    const world = new World();
    world.machine("bravo").current = false;
    const context = await world.context("rollout");
    const comesUp = context.site.cloud.replace.bind(context.site.cloud);
    context.site.cloud.replace = async (...server) => {
      await comesUp(...server);
      happens(world);
    };
    return { world, context };
  };
  const isSick = (world: World): void => void (world.sick = named("2").sha256);

  it.each([
    ["a quarter of an hour", {}, 900],
    ["as long as somebody says", { patienceMinutes: 40 }, 2400],
  ])("waits %s for a server to come up", async (_, props, seconds) => {
    const { world, context } = await withReplaced(isSick);
    await expect(rollout(context, props)).rejects.toThrow(`bravo is back: not after ${seconds} s`);
    // It lacks no accounts that it would have to make as the primary.
    expect(world.primary).toBe("alpha");
  });

  it("says why a server is silent that does not come up", async () => {
    const { context } = await withReplaced((world) => void (world.machine("bravo").isStunned = true));
    await expect(rollout(context, {})).rejects.toThrow("bravo: does not answer: no end after 20 s");
  });

  it("watches a server that is back for a while, and does not go on when it is well no longer", async () => {
    const { context } = await withReplaced(() => undefined);
    const began = Date.now();
    await rollout(context, {});
    expect(Date.now() - began).toBe(15_000);
    const late = await withReplaced((world) => {
      const since = Date.now();
      Object.defineProperty(world, "sick", {
        get: () => (Date.now() - since < 15_000 ? undefined : named("2").sha256),
      });
    });
    await expect(rollout(late.context, {})).rejects.toThrow("bravo stays well: not after 30 s");
  });

  it("completes a server that the interrupted run has made, and makes one anew that it has left half made", async () => {
    instantly();
    for (const [whole, steps] of [
      [true, ["provider: prepare bravo", "provider: complete bravo", "in hand: nobody"]],
      [false, replaced("bravo")],
    ] as const) {
      const world = new World();
      world.machine("bravo").whole = whole;
      await rollout(await world.context("rollout", "bravo"), {});
      expect(world.steps).toEqual(steps);
    }
  });

  it("takes current servers by name only, and none twice", async () => {
    instantly();
    const world = new World();
    await expect(rollout(await world.context("rollout"), { evenCurrent: true })).rejects.toThrow(
      "needs the servers' names",
    );
    await expect(rollout(await world.context("rollout"), { only: ["zulu"] })).rejects.toThrow("no server zulu");
    await rollout(await world.context("rollout"), { only: ["bravo"], evenCurrent: true });
    expect(world.steps).toEqual(replaced("bravo"));
  });
});

describe("an upgrade", () => {
  const agent = [{ name: "datadog-agent", from: "1:7.71.0-1", to: "1:7.72.1-1" }];
  const lists = ["alpha", "bravo", "charlie"].map((name) => `${name}: apt-get update`);
  const script = "sh -s /usr/local/lib/platform/restart-upgraded /usr/local/lib/platform/vendor-updates";

  it("takes a server out of service, upgrades it, reboots it only where that is due, and has it back before the next", async () => {
    instantly();
    const world = new World();
    world.machine("alpha").rebootFor = ["mysql.service"];
    world.machine("bravo").upgradable = agent;
    await upgrade(await world.context("upgrade"), {});
    expect(world.steps).toEqual([
      ...lists,
      "alpha: mysql SELECT member_version",
      "in hand: bravo",
      "bravo: systemctl stop in-service",
      `bravo: ${script}`,
      "bravo: systemctl start in-service",
      "in hand: nobody",
      "alpha: mysql SELECT member_version",
      "in hand: alpha",
      "alpha: mysql-group step-down",
      "alpha: systemctl stop in-service",
      `alpha: ${script}`,
      "alpha: systemctl reboot",
      "in hand: nobody",
    ]);
    expect(world.said.at(-1)).toBe("upgraded: bravo, alpha");
    // The one that did not reboot is waited for as well.
    expect(world.said).toContain("bravo: comes up");
  });

  it("puts nothing into service that serves no visitors", async () => {
    instantly();
    const world = new World(exampleConfig({ servers: splitServers }));
    world.primary = "left";
    world.machine("middle").upgradable = agent;
    await upgrade(await world.context("upgrade"), {});
    expect(world.steps.filter((step) => step.startsWith("middle: "))).toEqual([
      "middle: apt-get update",
      `middle: ${script}`,
    ]);
  });

  it("waits for the reboot, and not only for a server that is well", async () => {
    instantly();
    const world = new World();
    world.machine("bravo").rebootFor = ["linux-image"];
    world.failing.add("bravo: systemctl reboot");
    await expect(upgrade(await world.context("upgrade"), {})).rejects.toThrow("bravo: has not restarted yet");
    expect(world.steps.at(-1)).toBe("bravo: systemctl reboot");
  });

  it("reboots a server that does not answer after its upgrade", async () => {
    instantly();
    const world = new World();
    world.machine("bravo").upgradable = agent;
    world.stunned.add("bravo");
    await upgrade(await world.context("upgrade"), {});
    expect(world.steps.slice(-2)).toEqual(["bravo: systemctl reboot", "in hand: nobody"]);
  });

  it("touches no server where MySQL's versions would not go together, or a package list cannot be had", async () => {
    instantly();
    const world = new World();
    world.machine("bravo").upgradable = [{ name: "mysql-community-server", from: "9.7.4-1", to: "10.7.0-1" }];
    await expect(upgrade(await world.context("upgrade"), {})).rejects.toThrow(/^refused: bravo: .* another series/);
    expect(world.steps).toEqual([...lists, "alpha: mysql SELECT member_version"]);
    await expect(upgrade(await world.context("upgrade"), { only: ["zulu"] })).rejects.toThrow("no server zulu");
    expect(world.steps).toEqual([]);
    world.failing.add("charlie: apt-get update");
    await expect(upgrade(await world.context("upgrade"), {})).rejects.toThrow("charlie: it failed");
  });

  it("goes on with the server that an interrupted run has left out of service", async () => {
    instantly();
    const world = new World();
    world.machine("charlie").inService = false;
    await upgrade(await world.context("upgrade", "charlie"), {});
    expect(world.steps.slice(lists.length)).toEqual([
      "alpha: mysql SELECT member_version",
      "in hand: charlie",
      "charlie: systemctl stop in-service",
      `charlie: ${script}`,
      "charlie: systemctl start in-service",
      "in hand: nobody",
    ]);
  });
});

describe("a removal", () => {
  const withDelta = (): World => {
    const world = new World();
    world.add("delta", "10.0.1.14");
    world.primary = "delta";
    return world;
  };

  it("goes from the visitors inwards, and has the members that are left forget the one that went", async () => {
    instantly();
    const world = withDelta();
    world.remembered = ["10.0.1.14"];
    await remove(await world.context("remove"), "delta");
    expect(world.steps).toEqual([
      "provider: prepare removal of delta",
      "in hand: delta",
      "delta: mysql-group step-down",
      "delta: systemctl poweroff",
      "in hand: delta",
      "provider: remove delta",
      ...["alpha", "bravo", "charlie"].map((name) => `${name}: mysql-group forget delta`),
      "in hand: nobody",
    ]);
  });

  it("goes on after an interruption, when the server is off or gone already", async () => {
    instantly();
    const off = withDelta();
    off.machine("delta").running = false;
    off.primary = "alpha";
    await remove(await off.context("remove", "delta"), "delta");
    expect(off.steps).toEqual([
      "provider: prepare removal of delta",
      "in hand: delta",
      "in hand: delta",
      "provider: remove delta",
      "in hand: nobody",
    ]);
    const gone = new World();
    gone.remembered = ["10.0.1.14"];
    gone.failing.add("bravo: mysql-group forget delta");
    await remove(await gone.context("remove", "delta"), "delta");
    expect(gone.steps.slice(-5)).toEqual([
      "alpha: mysql-group forget delta",
      "bravo: mysql-group forget delta",
      "bravo: mysql-group forget 10.0.1.14",
      "charlie: mysql-group forget delta",
      "in hand: nobody",
    ]);
  });

  it("touches nothing of a server that is configured, or that is needed", async () => {
    instantly();
    const world = new World();
    await expect(remove(await world.context("remove"), "alpha")).rejects.toThrow(
      /^refused: alpha is in the configuration/,
    );
    expect(world.steps).toEqual([]);
    const needed = withDelta();
    needed.remembered = ["10.0.1.15", "10.0.1.8", "10.0.1.9"].slice(0, 2);
    await expect(remove(await needed.context("remove"), "delta")).rejects.toThrow(
      /^refused: without delta, 3 of the 6 /,
    );
    expect(needed.steps).toEqual(["provider: prepare removal of delta"]);
  });
});

describe("a release", () => {
  const to = named("3");
  const deploys = (name: string, { url, sha256 } = to): readonly string[] => [
    `in hand: ${name}`,
    `${name}: /usr/local/sbin/deploy-app ${url} ${sha256}`,
    "in hand: nobody",
  ];

  it("comes to one web server after the other, and the first runs it alone for a while", async () => {
    instantly();
    const world = new World();
    await release(await world.context("release"), to);
    expect(world.steps).toEqual(["alpha", "bravo", "charlie"].flatMap((name) => deploys(name)));
    expect(world.said.filter((line) => line.includes("alone"))).toEqual(["alpha: serves with it alone for 10 s"]);
    expect(world.said.join("\n")).toContain(`application: { url: "${to.url}", sha256: "${to.sha256}" }`);
  });

  it("is watched on no server where the others run it already", async () => {
    instantly();
    const world = new World();
    for (const name of ["alpha", "bravo"]) world.machine(name).releases = [to];
    await release(await world.context("release"), to);
    expect(world.steps).toEqual(deploys("charlie"));
    expect(world.said.join("\n")).not.toContain("alone");
  });

  it("is taken back from all that had it when one cannot take it", async () => {
    instantly();
    const world = new World();
    world.failing.add(`bravo: /usr/local/sbin/deploy-app ${to.url} ${to.sha256}`);
    await expect(release(await world.context("release"), to)).rejects.toThrow(
      /^bravo: it failed\nall web servers run what they ran before/,
    );
    expect(world.steps).toEqual([
      ...deploys("alpha"),
      ...deploys("bravo").slice(0, 2),
      ...deploys("bravo", named("2")),
      ...deploys("alpha", named("2")),
      "in hand: nobody",
    ]);
  });

  it("is taken back where it is switched to and does not serve, and says what is left as it is", async () => {
    instantly();
    const world = new World();
    world.sick = to.sha256;
    world.failing.add(`alpha: /usr/local/sbin/deploy-app ${named("2").url} ${named("2").sha256}`);
    await expect(release(await world.context("release"), to)).rejects.toThrow(
      /alpha serves: not after 60 s.*not taken back:\n {2}alpha: alpha: it failed/s,
    );
    expect(world.steps.at(-1)).toBe("in hand: alpha");
  });

  it("is taken back where the application is ready and the balancer finds it sick", async () => {
    instantly();
    const world = new World();
    world.unhealthy = to.sha256;
    await expect(release(await world.context("release"), to)).rejects.toThrow(
      /alpha serves: not after 60 s.*all web servers run what they ran before/s,
    );
    expect(world.steps).toEqual([...deploys("alpha").slice(0, 2), ...deploys("alpha", named("2")), "in hand: nobody"]);
  });

  it("is to be written into the configuration unless it stands there, address and all", async () => {
    instantly();
    const said = async (application: object) => {
      const world = new World(exampleConfig({ application }));
      await release(await world.context("release"), to);
      return world.said.join("\n");
    };
    expect(await said(to)).not.toContain("now write it into");
    expect(await said({ ...to, url: "https://elsewhere.foobar.com/3.tar.gz" })).toContain("now write it into");
    expect(await said({ ...to, sha256: "0".repeat(64) })).toContain("now write it into");
  });

  it("goes back to the one before, and leaves alone who has it", async () => {
    instantly();
    const world = new World();
    world.machine("bravo").releases = [named("1"), named("2")];
    await release(await world.context("release"), undefined);
    expect(world.steps).toEqual([...deploys("alpha", named("1")), ...deploys("charlie", named("1"))]);
  });
});

describe("a rotation", () => {
  const administrators = { cidrs: ["192.0.2.0/24"], sshKeys: { jane: exampleSshKey } };
  const second = (overrides: Overrides<EnvironmentInput> = {}): World => {
    const generation = 2;
    const generations = { edgeToken: 2, databasePasswords: 2, sshHostKeys: 2 };
    const world = new World(exampleConfig({ administrators, generations, certificate: { generation }, ...overrides }));
    world.stage = { configured: 2, used: 1, oldest: 1 };
    return world;
  };
  const names = ["alpha", "bravo", "charlie"] as const;
  const onEach = (what: string, path: string, ...steps: readonly string[]): readonly string[] =>
    names.flatMap((name) => [
      `${name}: gets ${path}`,
      `in hand: ${name}`,
      ...steps.map((step) => `${name}: ${step}`),
      `${name}: rm -f /run/rotate-${what}`,
      "in hand: nobody",
    ]);

  it("of the edge token has every server accept both, shows the new one, and refuses the old one when nobody shows it", async () => {
    instantly();
    const world = second();
    const taken = onEach("edge-token", paths.nginx.edgeToken, "nginx -t -q", "systemctl reload nginx.service");
    await rotate(await world.context("rotate"), "edge-token");
    expect(world.steps).toEqual([
      "secrets: make",
      ...taken,
      "secrets: show 1",
      "secrets: advance used",
      ...taken,
      "secrets: show 2",
      "secrets: advance oldest",
      ...taken,
      "secrets: show 2",
    ]);
    expect(world.said.filter((line) => /hear of it|is used|no longer/.test(line))).toEqual([
      "edge-token: generation 2 is used",
      "Cloudflare's data centres hear of it, one after the other",
      "edge-token: generation 1 is no longer accepted",
    ]);
    expect(world.machine("bravo").files.get(paths.nginx.edgeToken)).toBe('"~^(?:edgeTokens-2)$" 1;\n');
  });

  it("stops where a server does not follow, with the old one still accepted, and goes on from there", async () => {
    instantly();
    const world = second();
    world.failing.add("bravo: nginx -t -q");
    await expect(rotate(await world.context("rotate"), "edge-token")).rejects.toThrow("bravo: it failed");
    expect(world.stage).toEqual({ configured: 2, used: 1, oldest: 1 });
    expect(world.steps.at(-2)).toBe("in hand: bravo");
    world.failing.clear();
    await rotate(await world.context("rotate", "bravo"), "edge-token");
    // Its file was there already, and not taken up.
    expect(world.steps.slice(0, 4)).toEqual([
      "secrets: make",
      "in hand: bravo",
      "bravo: nginx -t -q",
      "bravo: systemctl reload nginx.service",
    ]);
    expect(world.stage).toEqual({ configured: 2, used: 2, oldest: 2 });
  });

  it("goes no step further while a server accepts what it should refuse", async () => {
    instantly();
    const world = second();
    world.stage = { configured: 2, used: 2, oldest: 2 };
    const context = await world.context("rotate");
    const nginx = new Map([[paths.nginx.edgeToken, "edgeTokens-1|edgeTokens-2"]]);
    for (const name of names)
      Object.defineProperty(world.machine(name), "taken", { get: () => nginx, set: () => undefined });
    await expect(rotate(context, "edge-token")).rejects.toThrow(
      "they do: not after 90 s; alpha: nginx still accepts the old token",
    );
  });

  it("changes no server while one of them is too old to follow", async () => {
    instantly();
    const world = second();
    world.tooOld.add("charlie");
    await expect(rotate(await world.context("rotate"), "edge-token")).rejects.toThrow(
      "charlie: its nginx cannot be asked about tokens; bring it up to date first: npm run ops rollout charlie",
    );
    await expect(rotate(await world.context("rotate"), "database-passwords")).rejects.toThrow(
      "charlie: mysql-group accounts",
    );
    expect(world.steps.filter((step) => step.includes(": gets "))).toEqual([]);
  });

  it("is refused while the environment is not well", async () => {
    instantly();
    const world = second();
    world.machine("charlie").inService = false;
    await expect(rotate(await world.context("rotate"), "edge-token")).rejects.toThrow(
      /^refused, for the environment is not well:\n {2}charlie: is out of service/,
    );
    expect(world.steps).toEqual([]);
  });

  it("of the database's authority has each member show its new certificate, the primary after it has handed over its role", async () => {
    instantly();
    const world = second({ generations: { databaseAuthority: 2 } });
    await rotate(await world.context("rotate"), "database-authority");
    // Of the first round, in which all come to accept both.
    const steps = (name: string) => {
      const own = world.steps.filter((step) => step.startsWith(`${name}: `));
      return own.slice(0, own.findIndex((step) => step.includes(" rm -f ")) + 1);
    };
    const [reload, leave] = ["mysql --execute ALTER INSTANCE RELOAD TLS", "mysql --execute STOP GROUP_REPLICATION"];
    const on = (name: string, ...more: readonly string[]) => [
      `${name}: gets ${[paths.application.mysqlCa, paths.mysql.ca, paths.mysql.certificate, paths.mysql.key].join(" ")}`,
      ...["systemctl restart app.service", reload, ...more, leave, "rm -f /run/rotate-database-authority"].map(
        (step) => `${name}: ${step}`,
      ),
    ];
    expect(steps("alpha")).toEqual(on("alpha", "mysql-group step-down"));
    expect(steps("charlie")).toEqual(on("charlie"));
    // Tried when none may accept it any more, and not before.
    expect([...world.shownOldOnes]).toEqual(names);
  });

  it("of the database's passwords has all that log in follow, and ends when each member refuses the old ones", async () => {
    instantly();
    const world = second();
    await rotate(await world.context("rotate"), "database-passwords");
    const onAlpha = world.steps.filter((step) => step.startsWith("alpha: systemctl"));
    expect([...new Set(onAlpha)]).toEqual([
      "alpha: systemctl restart app.service",
      "alpha: systemctl try-restart datadog-agent.service",
    ]);
    expect(world.stage).toEqual({ configured: 2, used: 2, oldest: 2 });
  });

  it.each([
    ["old ones", [2, 1]],
    ["no new ones", [1, 2]],
  ] as const)("of the database's passwords is not at its end while a replica takes %s", async (_, taken) => {
    instantly();
    const world = second();
    world.stage = { configured: 2, used: 2, oldest: 2 };
    world.accountsOfReplicas = taken;
    await expect(rotate(await world.context("rotate"), "database-passwords")).rejects.toThrow(
      `they do: not after 90 s; bravo: the account app takes generations ${taken.join(" to ")}`,
    );
  });

  it("of host keys believes both meanwhile, and asks for the new one by name", async () => {
    instantly();
    const world = second();
    for (const name of names) world.machine(name).taken = new Map([[paths.sshHostKey, "sshHostKey-1"]]);
    await rotate(await world.context("rotate"), "ssh-host-keys");
    const taken = onEach("ssh-host-keys", paths.sshHostKey, "sshd -t", "systemctl reload ssh.service");
    expect(world.steps).toEqual([
      "secrets: make",
      ...taken,
      "secrets: advance used",
      ...taken,
      "secrets: advance oldest",
    ]);
  });

  it("of the origin certificate goes by way of the servers where they show it, and notes that they do", async () => {
    instantly();
    const world = second({ tls: "passthrough" });
    world.stage = { configured: 2, used: 2, oldest: 1 };
    await rotate(await world.context("rotate"), "origin-certificate");
    expect(world.steps.filter((step) => step.startsWith("alpha"))).toEqual([
      `alpha: gets ${paths.nginx.originCertificate} ${paths.nginx.originKey}`,
      "alpha: nginx -t -q",
      "alpha: systemctl reload nginx.service",
      "alpha: rm -f /run/rotate-origin-certificate",
    ]);
    expect([...world.machine("alpha").modes]).toEqual([
      [paths.nginx.originCertificate, "0644"],
      [paths.nginx.originKey, "0600"],
    ]);
    expect(world.steps.filter((step) => step.startsWith("provider"))).toEqual(
      names.map((name) => `provider: note certificate of ${name}`),
    );
    expect(world.steps.at(-1)).toBe("secrets: advance oldest");
  });

  it("where nobody may log in wants the servers replaced, and says which", async () => {
    instantly();
    const world = second({ administrators: { cidrs: [] }, tls: "passthrough" });
    world.stage = { configured: 2, used: 2, oldest: 1 };
    world.machine("bravo").current = false;
    await expect(rotate(await world.context("rotate"), "origin-certificate")).rejects.toThrow(
      /^bravo: outdated, and nobody can log in/,
    );
    world.machine("bravo").current = true;
    await rotate(await world.context("rotate"), "origin-certificate");
    expect(world.steps.slice(-2)).toEqual(["secrets: make", "secrets: advance oldest"]);
  });
});

describe("a failover", () => {
  it("is done by MySQL on the primary, for the member that is named", async () => {
    instantly();
    const world = new World();
    await failover(await world.context("failover"), "charlie");
    expect(world.steps).toEqual([expect.stringMatching(/^alpha: mysql SELECT/)]);
    expect(world.primary).toBe("charlie");
  });

  it("has failed where the member does not take the role", async () => {
    instantly();
    const world = new World();
    world.failing.add("alpha: mysql SELECT group_replication_set_as_primary(@successor,");
    await expect(failover(await world.context("failover"), "charlie")).rejects.toThrow("alpha: it failed");
  });
});

describe("a command on a server", () => {
  it("has the time that it may need, and a look is soon given up", async () => {
    instantly();
    const world = new World();
    world.machine("alpha").current = false;
    world.machine("bravo").upgradable = [{ name: "datadog-agent", from: "1:7.71.0-1", to: "1:7.72.1-1" }];
    await rollout(await world.context("rollout"), {});
    await upgrade(await world.context("upgrade"), {});
    await release(await world.context("release"), named("3"));
    await failover(await world.context("failover"), "charlie");
    const given = (words: string): number => world.seconds.get(words) ?? 30;
    expect(given("python3 -I")).toBeLessThanOrEqual(20);
    // Transactions under way have ten seconds, a trial of a release 75, and packages come over a slow line.
    for (const [words, seconds] of [
      ["mysql-group step-down", 30],
      ["mysql --batch", 30],
      ["systemctl stop", 90],
      ["apt-get --quiet=2", 120],
      [`${paths.application.deploy} ${named("3").url}`, 200],
      ["sh -s", 1200],
    ] as const)
      expect([words, given(words) > seconds]).toEqual([words, true]);
  });
});
