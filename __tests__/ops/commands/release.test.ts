import { beforeEach, describe, expect, it } from "vitest";
import { changesTo, previousRelease, release, releaseNamed } from "../../../ops/commands/release.js";
import { snapshot, release as named } from "../support/snapshot.js";
import { exampleConfig } from "../../support/config.js";
import { instantly } from "../support/instantly.js";
import { World } from "../support/world.js";

beforeEach(instantly);

it("npm run ops release starts with the server that an interrupted run left unfinished", () => {
  const order = (inHand?: string) => changesTo(snapshot(), named("3"), inHand).map(({ server }) => server);
  expect(order("charlie")).toEqual(["charlie", "alpha", "bravo"]);
  expect(order()).toEqual(["alpha", "bravo", "charlie"]);
});

it("npm run ops release updates all web servers that run another release, and stores the previous release of each server", () => {
  const servers = snapshot({ bravo: { observation: { releases: [named("3"), named("2")] } } });
  expect(changesTo(servers, named("3"))).toEqual([
    { server: "alpha", to: named("3"), from: named("2"), served: true },
    { server: "charlie", to: named("3"), from: named("2"), served: true },
  ]);
  expect(changesTo(snapshot({ bravo: { roles: ["database"] } }), named("9")).map(({ server }) => server)).toEqual([
    "alpha",
    "charlie",
  ]);
});

it("npm run ops release --rollback activates the release that most web servers ran before", () => {
  expect(previousRelease(snapshot({ alpha: { observation: { releases: [named("2"), named("0")] } } }))).toEqual(
    named("1"),
  );
  const none = { observation: { releases: [named("2")] } };
  expect(() => previousRelease(snapshot({ alpha: none, bravo: none, charlie: none }))).toThrow(
    /no web server keeps an earlier release/,
  );
});

it("npm run ops release reports all errors in its arguments before any change", () => {
  expect(() => releaseNamed({ url: "http://releases.foobar.com/1.tar.gz", sha256: "nothex" })).toThrow(
    /^release: nothing was changed:\n {2}url: must .*https.*\n {2}sha256: must be 64 lower-case hexadecimal digits, got "nothex"; copy/,
  );
  expect(releaseNamed(named("1"))).toEqual(named("1"));
});

it("npm run ops release accepts a URL with a SHA-256 checksum, or --rollback", () => {
  expect(releaseNamed({}, true)).toBeUndefined();
  for (const args of [{}, { url: named("1").url }])
    expect(() => releaseNamed(args)).toThrow("release: requires URL and SHA256, or only --rollback");
  expect(() => releaseNamed(named("1"), true)).toThrow("release: requires URL and SHA256, or only --rollback");
});

describe("a release", () => {
  const to = named("3");
  const deploys = (name: string, { url, sha256 } = to): readonly string[] => [
    `lock: ${name}`,
    `${name}: /usr/local/sbin/deploy-app ${url} ${sha256}`,
    "lock: no server",
  ];

  it("npm run ops release updates one web server at a time, and observes the first updated server before it updates the next server", async () => {
    const world = new World();
    await release(await world.context("release"), to);
    expect(world.steps).toEqual(["alpha", "bravo", "charlie"].flatMap((name) => deploys(name)));
    expect(world.said.filter((line) => line.includes("alone"))).toEqual(["alpha: runs the new release alone for 10 s"]);
    expect(world.said.join("\n")).toContain(`application: { url: "${to.url}", sha256: "${to.sha256}" }`);
  });

  it("npm run ops release skips the observation of the first server if another server already runs the release", async () => {
    const world = new World();
    for (const name of ["alpha", "bravo"]) world.machine(name).releases = [to];
    await release(await world.context("release"), to);
    expect(world.steps).toEqual(deploys("charlie"));
    expect(world.said.join("\n")).not.toContain("alone");
  });

  it("npm run ops release rolls back the release on all servers if the update of one server fails", async () => {
    const world = new World();
    world.failing.add(`bravo: /usr/local/sbin/deploy-app ${to.url} ${to.sha256}`);
    await expect(release(await world.context("release"), to)).rejects.toThrow(
      /^bravo: it failed\nall web servers run their previous release again/,
    );
    expect(world.steps).toEqual([
      ...deploys("alpha"),
      ...deploys("bravo").slice(0, 2),
      ...deploys("bravo", named("2")),
      ...deploys("alpha", named("2")),
      "lock: no server",
    ]);
  });

  it("npm run ops release rolls back if the application does not become ready, and lists servers whose rollback failed", async () => {
    const world = new World();
    world.sick = to.sha256;
    world.failing.add(`alpha: /usr/local/sbin/deploy-app ${named("2").url} ${named("2").sha256}`);
    await expect(release(await world.context("release"), to)).rejects.toThrow(
      /alpha serves: timed out after 60 s.*not rolled back:\n {2}alpha: alpha: it failed/s,
    );
    expect(world.steps.at(-1)).toBe("lock: alpha");
  });

  it("npm run ops release rolls back if the application reports ready but the load balancer's health check fails", async () => {
    const world = new World();
    world.unhealthy = to.sha256;
    await expect(release(await world.context("release"), to)).rejects.toThrow(
      /alpha serves: timed out after 60 s.*all web servers run their previous release again/s,
    );
    expect(world.steps).toEqual([...deploys("alpha").slice(0, 2), ...deploys("alpha", named("2")), "lock: no server"]);
  });

  it("npm run ops release prints the setting for the configuration unless the URL and the checksum are already configured", async () => {
    const said = async (application: object) => {
      const world = new World(exampleConfig({ application }));
      await release(await world.context("release"), to);
      return world.said.join("\n");
    };
    expect(await said(to)).not.toContain("now write the release into");
    expect(await said({ ...to, url: "https://elsewhere.foobar.com/3.tar.gz" })).toContain("now write the release into");
    expect(await said({ ...to, sha256: "0".repeat(64) })).toContain("now write the release into");
  });

  it("npm run ops release --rollback activates the previous release and skips servers that already run the previous release", async () => {
    const world = new World();
    world.machine("bravo").releases = [named("1"), named("2")];
    await release(await world.context("release"), undefined);
    expect(world.steps).toEqual([...deploys("alpha", named("1")), ...deploys("charlie", named("1"))]);
  });

  describe("a release of a broken application", () => {
    const broken = (): World => {
      const world = new World();
      world.sick = named("2").sha256;
      return world;
    };

    it("npm run ops release --rollback works although no application is ready because the current release is broken", async () => {
      const world = broken();
      await release(await world.context("release"), undefined);
      expect(world.steps).toEqual(["alpha", "bravo", "charlie"].flatMap((name) => deploys(name, named("1"))));
    });

    it("npm run ops release can deploy a fixed release although no application is ready because the current release is broken", async () => {
      const world = broken();
      await release(await world.context("release"), to);
      expect(world.steps).toEqual(["alpha", "bravo", "charlie"].flatMap((name) => deploys(name)));
    });

    it("npm run ops release --rollback rolls back a broken release on the servers that answer, and lists the other servers", async () => {
      const world = broken();
      world.machine("charlie").running = false;
      await release(await world.context("release"), undefined);
      expect(world.steps).toEqual(["alpha", "bravo"].flatMap((name) => deploys(name, named("1"))));
      expect(world.said.join("\n")).toContain(
        `charlie: is off; it keeps its old release. When charlie is reachable again, run npm run ops release ${named("1").url} ${named("1").sha256}`,
      );
    });

    it("npm run ops release --rollback works without a database primary if the servers still store the previous release", async () => {
      const world = broken();
      world.primary = "";
      await release(await world.context("release"), undefined);
      expect(world.steps).toEqual(["alpha", "bravo", "charlie"].flatMap((name) => deploys(name, named("1"))));
      expect(world.said.filter((line) => line.includes("was out of service before and still is"))).toHaveLength(3);
    });

    it("npm run ops release rejects a new release while the database has no primary, because migrations could not run", async () => {
      const world = broken();
      world.primary = "";
      await expect(release(await world.context("release"), to)).rejects.toThrow(
        /no member is the primary\nA new release needs a writable database.* npm run ops release -- --rollback/,
      );
      expect(world.steps).toEqual([]);
    });

    it("npm run ops release activates an earlier release without a database primary if all reachable servers still store the release", async () => {
      const world = broken();
      world.primary = "";
      world.machine("charlie").running = false;
      await release(await world.context("release"), named("1"));
      expect(world.steps).toEqual(["alpha", "bravo"].flatMap((name) => deploys(name, named("1"))));
    });

    it("npm run ops release rejects an earlier release without a database primary if one server no longer stores the release", async () => {
      const world = broken();
      world.primary = "";
      world.machine("bravo").releases = [named("2")];
      await expect(release(await world.context("release"), named("1"))).rejects.toThrow(/no member is the primary/);
      expect(world.steps).toEqual([]);
    });

    it.each([
      ["all applications fail and one server is off", (world: World) => (world.machine("charlie").running = false)],
      ["all disks are full", (world: World) => world.machines.forEach((one) => (one.diskPercent = { "/": 100 }))],
      ["the database has no majority", (world: World) => (world.primary = "")],
    ])("npm run ops release --rollback rolls back a broken release while %s", async (_, damage) => {
      const world = broken();
      damage(world);
      await release(await world.context("release"), undefined);
      const running = [...world.machines.values()].filter((one) => one.running);
      expect(running.map(({ releases }) => releases[0])).toEqual(running.map(() => named("1")));
    });

    it("npm run ops release --rollback changes nothing if no web server answers", async () => {
      const world = broken();
      for (const machine of world.machines.values()) machine.running = false;
      await expect(release(await world.context("release"), undefined)).rejects.toThrow(
        /no web server keeps an earlier/,
      );
      await expect(release(await world.context("release"), undefined)).rejects.toThrow();
      expect(world.steps).toEqual([]);
    });

    it("npm run ops release --rollback requires a release as an argument if the servers have different previous releases", () => {
      const back = { observation: { releases: [named("1"), named("2")] } };
      expect(() => previousRelease(snapshot({ alpha: back, charlie: { observation: null } }))).toThrow(
        /different previous releases/,
      );
    });
  });
});
