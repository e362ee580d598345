import { beforeEach, expect, it } from "vitest";
import { accepted, type RotationStage } from "../../../modules/derived/generations.js";
import type { EnvironmentInput } from "../../../modules/config/schema.js";
import { nextOf, rotatedNamed, rotate } from "../../../ops/commands/rotate.js";
import { exampleConfig, exampleSshKey, type Overrides } from "../../support/config.js";
import { instantly } from "../support/instantly.js";
import { release } from "../support/snapshot.js";
import { paths } from "../../../modules/platform/paths.js";
import { World } from "../support/world.js";

beforeEach(instantly);

const stage = (configured: number, used: number, oldest: number): RotationStage => ({ configured, used, oldest });

it("a secret rotation makes servers accept the new secret, then use the new secret, then reject the old secret, even after an interruption", () => {
  expect(nextOf(stage(2, 1, 1))).toBe("used");
  expect(nextOf(stage(2, 2, 1))).toBe("oldest");
  expect(nextOf(stage(2, 2, 2))).toBeUndefined();
  expect([stage(2, 1, 1), stage(2, 2, 1), stage(2, 2, 2)].map(accepted)).toEqual([[1, 2], [2, 1], [2]]);
});

it("npm run ops rotate rejects an unknown secret and lists the known secrets", () => {
  expect(() => rotatedNamed("everything")).toThrow(/^rotate: unknown secret everything; use one of edge-token/);
});

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
    `lock: ${name}`,
    ...steps.map((step) => `${name}: ${step}`),
    `${name}: rm -f /run/rotate-${what}`,
    "lock: no server",
  ]);

it("rotating the edge token makes servers accept both tokens, makes Cloudflare send the new token, and makes servers reject the old token", async () => {
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
  expect(world.said.filter((line) => /have applied|is used|no longer/.test(line))).toEqual([
    "edge-token: generation 2 is used",
    "waits until all data centres of Cloudflare have applied the change",
    "edge-token: generation 1 is no longer accepted",
  ]);
  expect(world.machine("bravo").files.get(paths.nginx.edgeToken)).toBe('"~^(?:edgeTokens-2)$" 1;\n');
});

it("if an interrupted secret rotation had only to clear the server's name in the lock file, the next rotation clears the name", async () => {
  const world = second();
  await rotate(await world.context("rotate"), "edge-token");
  const again = await world.context("rotate", "bravo");
  await rotate(again, "edge-token");
  expect(again.lock.inHand).toBeUndefined();
  expect(world.steps.filter((step) => step.startsWith("bravo: "))).toEqual(["bravo: rm -f /run/rotate-edge-token"]);
});

it("a token rotation stops if a server fails, keeps the old token valid, and continues at the same server in the next run", async () => {
  const world = second();
  world.failing.add("bravo: nginx -t -q");
  await expect(rotate(await world.context("rotate"), "edge-token")).rejects.toThrow("bravo: it failed");
  expect(world.stage).toEqual({ configured: 2, used: 1, oldest: 1 });
  expect(world.steps.at(-2)).toBe("lock: bravo");
  world.failing.clear();
  await rotate(await world.context("rotate", "bravo"), "edge-token");
  // The interrupted run had written the file on bravo, but nginx had not loaded the file.
  expect(world.steps.slice(0, 4)).toEqual([
    "secrets: make",
    "lock: bravo",
    "bravo: nginx -t -q",
    "bravo: systemctl reload nginx.service",
  ]);
  expect(world.stage).toEqual({ configured: 2, used: 2, oldest: 2 });
});

it("a token rotation stops while a server still accepts the old token", async () => {
  const world = second();
  world.stage = { configured: 2, used: 2, oldest: 2 };
  const context = await world.context("rotate");
  const nginx = new Map([[paths.nginx.edgeToken, "edgeTokens-1|edgeTokens-2"]]);
  for (const name of names)
    Object.defineProperty(world.machine(name), "taken", { get: () => nginx, set: () => undefined });
  await expect(rotate(context, "edge-token")).rejects.toThrow(
    "all servers have it: timed out after 90 s; alpha: nginx still accepts the old token",
  );
});

it("a secret rotation changes no server if the software of one server is too old for the rotation", async () => {
  const world = second();
  world.tooOld.add("charlie");
  await expect(rotate(await world.context("rotate"), "edge-token")).rejects.toThrow(
    "charlie: its nginx does not support token checks; update the server first: npm run ops rollout charlie",
  );
  await expect(rotate(await world.context("rotate"), "database-passwords")).rejects.toThrow(
    "charlie: mysql-group accounts",
  );
  expect(world.steps.filter((step) => step.includes(": gets "))).toEqual([]);
});

it("a secret rotation replaces a leaked secret although servers are down or broken, and reports the remaining steps", async () => {
  const world = second();
  world.machine("charlie").running = false;
  world.machine("bravo").releases = [release("9")];
  world.sick = release("9").sha256;
  await rotate(await world.context("rotate"), "edge-token");
  expect(world.stage.oldest).toBe(2);
  expect(world.steps.filter((step) => step.startsWith("charlie"))).toEqual([]);
  expect(world.said).toContain(
    "charlie: is off; it still has the old edge-token. Replace the server: npm run ops replace charlie. Or make it reachable again, and immediately run: npm run ops rotate edge-token",
  );
});

it("a secret rotation changes nothing if a server serves visitors but is unreachable over SSH", async () => {
  const world = second();
  world.machine("charlie").isStunned = true;
  await expect(rotate(await world.context("rotate"), "edge-token")).rejects.toThrow(
    /^refused because of these faults:\n {2}charlie: does not answer/,
  );
  expect(world.steps).toEqual([]);
});

it("a rotation of the database's certificate authority does not start while a MySQL member is missing", async () => {
  const world = second({ generations: { databaseAuthority: 2 } });
  world.machine("charlie").running = false;
  await expect(rotate(await world.context("rotate"), "database-authority")).rejects.toThrow(/charlie: is off/);
  expect(world.steps).toEqual([]);
});

it("a rotation of the MySQL certificates loads each member's new certificate, and transfers the primary role before the primary's turn", async () => {
  const world = second({ generations: { databaseAuthority: 2 } });
  await rotate(await world.context("rotate"), "database-authority");
  // Steps of the first of two rounds. After this round, all members accept both authorities.
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
  // The command checks on each member that the old certificate is rejected.
  expect([...world.shownOldOnes]).toEqual(names);
});

it("a rotation of database passwords restarts all services that use the passwords, and ends when every member rejects the old passwords", async () => {
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
  ["accepts the old passwords", [2, 1]],
  ["lacks the new passwords", [1, 2]],
] as const)("a rotation of database passwords does not complete while a replica %s", async (_, taken) => {
  const world = second();
  world.stage = { configured: 2, used: 2, oldest: 2 };
  world.accountsOfReplicas = taken;
  await expect(rotate(await world.context("rotate"), "database-passwords")).rejects.toThrow(
    `all servers have it: timed out after 90 s; bravo: the account app accepts generations ${taken.join(" to ")}`,
  );
});

it("a rotation of the SSH host keys distributes new keys in two rounds and reloads sshd on every server", async () => {
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

it("rotating Cloudflare's client CA makes nginx trust both CAs, Cloudflare use the new certificate, and nginx reject the old CA", async () => {
  const world = second({ tls: "passthrough", generations: { originPullAuthority: 2 } });
  await rotate(await world.context("rotate"), "origin-pull-authority");
  const reloads = names.map((name) => `${name}: systemctl reload nginx.service`);
  expect(world.steps.filter((step) => /^secrets|reload/.test(step))).toEqual([
    "secrets: make",
    ...reloads,
    "secrets: show 1",
    "secrets: advance used",
    ...reloads,
    "secrets: show 2",
    "secrets: advance oldest",
    "secrets: show 2",
  ]);
  expect(world.said.filter((line) => /data centres|is used|no longer/.test(line))).toEqual([
    "origin-pull-authority: generation 2 is used",
    "waits until all data centres of Cloudflare have applied the change",
    "origin-pull-authority: generation 1 is no longer accepted",
  ]);
});

it("a secret rotation does not make Cloudflare use a new client certificate while the nginx of a server does not trust the certificate", async () => {
  const world = second({ tls: "passthrough", generations: { originPullAuthority: 2 } });
  world.failing.add("bravo: nginx -t -q");
  await expect(rotate(await world.context("rotate"), "origin-pull-authority")).rejects.toThrow("bravo: it failed");
  expect(world.steps.filter((step) => step.startsWith("secrets"))).toEqual(["secrets: make"]);
});

it("a rotation of the origin certificate installs the new certificate on servers that terminate TLS, and labels each server", async () => {
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

it("without SSH access, a secret rotation is rejected unless all servers are up to date, and the error lists the outdated servers", async () => {
  const world = second({ administrators: { cidrs: [] }, tls: "passthrough" });
  world.stage = { configured: 2, used: 2, oldest: 1 };
  world.machine("bravo").current = false;
  await expect(rotate(await world.context("rotate"), "origin-certificate")).rejects.toThrow(
    /^bravo: outdated, and without a login/,
  );
  world.machine("bravo").current = true;
  await rotate(await world.context("rotate"), "origin-certificate");
  expect(world.steps.slice(-2)).toEqual(["secrets: make", "secrets: advance oldest"]);
});
