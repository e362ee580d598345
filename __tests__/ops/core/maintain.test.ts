import { describe, expect, it } from "vitest";
import { firstBootFault, hasNeverServed, shutDown, type Context } from "../../../ops/core/maintain.js";
import { Progress } from "../../../ops/core/progress.js";
import { instantly } from "../support/instantly.js";
import { cloudServer, snapshot, type Difference } from "../support/snapshot.js";
import type { ServerState } from "../../../ops/core/snapshot.js";

const known = new Map([["alpha", {}]]);

/**
 * A site with one server, and what is asked of it.
 * @param obeys whom the server obeys, if anybody: `ssh`, `provider` or `cut`; it is off at the second look after that
 */
function siteWith(logins: ReadonlyMap<string, object>, obeys?: string) {
  const asked: string[] = [];
  let looks = 0;
  const running = (): boolean => obeys === undefined || !asked.includes(obeys) || looks++ < 1;
  const ask = (whom: string) => (): Promise<void> => Promise.resolve(void asked.push(whom));
  const cloud = {
    servers: () => Promise.resolve([cloudServer("alpha", { running: running() })]),
    shutDown: ask("provider"),
    cutPower: ask("cut"),
  };
  const ssh = {
    tryRun: () => {
      asked.push("ssh");
      return Promise.resolve({ reached: obeys === "ssh", stderr: "timed out" });
    },
  };
  const context = { site: { logins, cloud, ssh }, progress: new Progress(() => undefined) };
  return { context: context as unknown as Context, asked };
}

describe("the shutdown of a server", () => {
  it.each([
    ["of the server alone where that is reached, though it takes a while", known, "ssh", ["ssh"]],
    ["of the provider where it does not answer", known, "provider", ["ssh", "provider"]],
    ["of the provider where no output knows it, as after a deploy without it", new Map(), "provider", ["provider"]],
  ])("is asked %s", async (_, logins, obeys, expected) => {
    instantly();
    const { context, asked } = siteWith(logins, obeys);
    await shutDown(context, { name: "alpha", observation: undefined });
    expect(asked).toEqual(expected);
  });

  it("is asked of nobody else where the connection ended because the server is off", async () => {
    const { context, asked } = siteWith(known);
    const servers = () => Promise.resolve([cloudServer("alpha", { running: asked.length === 0 })]);
    const { site } = context;
    await shutDown(
      { ...context, site: { ...site, cloud: { ...site.cloud, servers } } },
      { name: "alpha", observation: undefined },
    );
    expect(asked).toEqual(["ssh"]);
  });

  it("ends in a power cut only for one that has never served", async () => {
    instantly();
    const [alpha] = snapshot({ alpha: { observation: { firstBoot: "running mysql", member: null } } }).servers;
    const { context, asked } = siteWith(known);
    await shutDown(context, { name: "alpha", observation: alpha?.observation });
    expect(asked).toEqual(["ssh", "provider", "cut"]);
    const served = siteWith(known);
    await expect(shutDown(served.context, { name: "alpha", observation: undefined })).rejects.toThrow(
      "alpha is off: not after 180 s; it still runs; see its console at the provider",
    );
    expect(served.asked).toEqual(["ssh", "provider"]);
  });
});

describe("the power of a server that does not shut down", () => {
  it.each<[string, Difference, boolean]>([
    ["serves", {}, false],
    ["is silent, so that nobody knows", { observation: null }, false],
    ["is set up but for nginx, its member in the group", { observation: { firstBoot: "running nginx" } }, false],
    ["never came so far", { observation: { firstBoot: "running mysql" }, member: { state: "DOWN" } }, true],
    ["is no member, and not set up", { observation: { firstBoot: "running", member: null } }, true],
  ])("is cut only where nothing is lost: it %s", (_, bravo, cut) => {
    expect(hasNeverServed(snapshot({ bravo }).servers[1] as ServerState)).toBe(cut);
  });
});

describe("a first boot", () => {
  const faultOf = (firstBoot: string): string | undefined =>
    firstBootFault(snapshot({ bravo: { observation: { firstBoot } } }).servers[1]);

  it("goes on while it is done or says what it waits for, and cannot come right where it says anything else", () => {
    expect(["done", "running", "running mysql"].flatMap((said) => faultOf(said) ?? [])).toEqual([]);
    expect(faultOf("apt failed")).toBe("bravo: its first boot failed: apt failed");
    expect(firstBootFault(undefined)).toBeUndefined();
  });
});
