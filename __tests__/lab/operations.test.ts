import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Lab } from "../../lab/lab.js";
import { labSite } from "../../ops/lab/site.js";
import { look } from "../../ops/core/observe.js";
import { Ssh } from "../../ops/core/ssh.js";
import { figure, seconds, timed } from "./support/figures.js";
import { settled, type WholeGroup, wholeGroup } from "../../lab/group.js";
import { labInAnyMode } from "./support/lab-in-mode.js";
import { ops, type Status } from "./support/operator.js";
import { type PublishedRelease, publishBroken, publishVersion, versionsOf } from "./support/releases.js";
import { unnoticed } from "./support/under-load.js";

let lab: Lab;
let group: WholeGroup;
beforeAll(async () => {
  lab = await labInAnyMode();
});
beforeEach(async () => {
  group = await settled(lab);
});

describe("npm run ops status", () => {
  it("npm run ops status reports every server of a healthy environment without faults and due maintenance", async () => {
    const { result, seconds: took } = await timed(() => ops("status", "--json"));
    const { servers, needsHand } = JSON.parse(result.stdout) as Status;
    figure("ops status", seconds(took));
    expect({ exitCode: result.exitCode, needsHand }).toEqual({ exitCode: 0, needsHand: [] });
    expect(servers.map(({ name, observation }) => `${name} ${observation?.member?.role}`)).toEqual(
      lab.machines.map(({ name }) => `${name} ${name === group.primary.name ? "PRIMARY" : "SECONDARY"}`),
    );
  });

  it("npm run ops status exits with 1 if a server needs attention, and lists this server", async () => {
    const [machine] = group.replicas;
    await machine?.exec(["rm", "/run/in-service"]);
    const { exitCode, stdout } = await ops("status");
    await machine?.exec(["touch", "/run/in-service"]);
    expect(exitCode).toBe(1);
    expect(stdout).toContain(`${machine?.name}: is out of service`);
  });
});

describe("a server's host key", () => {
  it("an operator's SSH client accepts the known host key of a server, and rejects a different key", async () => {
    const site = await labSite();
    const keys = [...site.logins.values()].map(({ hostKey }) => hostKey);
    const swapped = [...site.logins.values()].map((login, index) => ({
      ...login,
      hostKey: keys[(index + 1) % 3] ?? "",
    }));
    expect((await look(site)).servers.every(({ observation }) => observation !== undefined)).toBe(true);
    const props = (site.ssh as unknown as { readonly props: ConstructorParameters<typeof Ssh>[1] }).props;
    const strangers = await look({ ...site, ssh: new Ssh(swapped, props) });
    expect(strangers.servers.map(({ silence }) => silence)).toEqual(
      lab.machines.map(() => expect.stringMatching(/Host key verification failed/) as string),
    );
  });
});

describe("npm run ops failover", () => {
  it("`npm run ops failover` makes the given member the primary without a failed request", async () => {
    const successor = group.replicas[1];
    const { result, told } = await unnoticed(lab, group, () => ops("failover", successor?.name ?? ""));
    expect(result).toMatchObject({ exitCode: 0, stderr: "" });
    expect((await wholeGroup(lab)).primary.name).toBe(successor?.name);
    figure("ops failover", told);
  });
});

describe("npm run ops release", () => {
  const deployed = () => versionsOf(lab);
  let before: readonly (string | undefined)[];
  let release: PublishedRelease;
  beforeAll(async () => {
    before = await deployed();
    release = await publishVersion(lab, "98.0.0");
  });

  it("`npm run ops release` deploys a release to every server and rolls the release back without a failed request", async () => {
    const there = await unnoticed(lab, group, () => ops("release", release.url, release.sha256));
    expect(there.result).toMatchObject({ exitCode: 0, stderr: "" });
    expect(there.result.stdout).toContain(`application: { url: "${release.url}", sha256: "${release.sha256}" }`);
    expect(await deployed()).toEqual(lab.machines.map(() => "98.0.0"));
    const back = await unnoticed(lab, group, () => ops("release", "--rollback"));
    expect(back.result).toMatchObject({ exitCode: 0, stderr: "" });
    expect(await deployed()).toEqual(before);
    figure("ops release", `${there.told}; back: ${back.told}`);
  });

  it("`npm run ops release` changes nothing if the release does not start", async () => {
    const broken = await publishBroken(lab, "ends-at-once", { "app/server.js": "" });
    const { result } = await unnoticed(lab, group, () => ops("release", broken.url, broken.sha256));
    expect(result.exitCode).toBe(1);
    expect(result.stderr).toMatch(/does not become ready/);
    expect(await deployed()).toEqual(before);
    expect((await ops("status")).exitCode).toBe(0);
  });
});
