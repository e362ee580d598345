import { expect, it } from "vitest";
import { firstBootFault, hasNeverServed, shutDown, type Context } from "../../../ops/core/maintain.js";
import { Progress } from "../../../ops/core/progress.js";
import { instantly } from "../support/instantly.js";
import { cloudServer, snapshot, type Difference } from "../support/snapshot.js";
import type { ServerState } from "../../../ops/core/snapshot.js";

const known = new Map([["alpha", {}]]);

/**
 * Creates a site with one server. The site records all requests to stop the server.
 * @param obeys request that stops the server: `ssh`, `provider` or `cut`; at the second check after this request, the server is off
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

it.each([
  ["only over SSH if the server answers, even if the shutdown is slow", known, "ssh", ["ssh"]],
  ["through Hetzner's API if the server does not answer", known, "provider", ["ssh", "provider"]],
  ["through Hetzner's API if the Terraform outputs do not contain the server", new Map(), "provider", ["provider"]],
])("npm run ops commands request the shutdown of a server %s", async (_, logins, obeys, expected) => {
  instantly();
  const { context, asked } = siteWith(logins, obeys);
  await shutDown(context, { name: "alpha", observation: undefined });
  expect(asked).toEqual(expected);
});

it("if an SSH connection ends because the server has shut down, the shutdown is not requested again", async () => {
  const { context, asked } = siteWith(known);
  const servers = () => Promise.resolve([cloudServer("alpha", { running: asked.length === 0 })]);
  const { site } = context;
  await shutDown(
    { ...context, site: { ...site, cloud: { ...site.cloud, servers } } },
    { name: "alpha", observation: undefined },
  );
  expect(asked).toEqual(["ssh"]);
});

it("the power of a server that cannot shut down is cut only if the server has never served visitors", async () => {
  instantly();
  const [alpha] = snapshot({ alpha: { observation: { firstBoot: "running mysql", member: null } } }).servers;
  const { context, asked } = siteWith(known);
  await shutDown(context, { name: "alpha", observation: alpha?.observation });
  expect(asked).toEqual(["ssh", "provider", "cut"]);
  const served = siteWith(known);
  await expect(shutDown(served.context, { name: "alpha", observation: undefined })).rejects.toThrow(
    "alpha is off: timed out after 180 s; it still runs; see its console at Hetzner",
  );
  expect(served.asked).toEqual(["ssh", "provider"]);
});

it.each<[string, Difference, boolean]>([
  ["rejected for a serving server", {}, false],
  ["rejected for a server that does not answer", { observation: null }, false],
  [
    "rejected for a server whose member is in the group although its setup is unfinished",
    { observation: { firstBoot: "running nginx" } },
    false,
  ],
  [
    "allowed for a server whose member never joined the group",
    { observation: { firstBoot: "running mysql" }, member: { state: "DOWN" } },
    true,
  ],
  ["allowed for a web server with an unfinished setup", { observation: { firstBoot: "running", member: null } }, true],
])("cutting the power of a server that does not shut down is %s", (_, bravo, cut) => {
  expect(hasNeverServed(snapshot({ bravo }).servers[1] as ServerState)).toBe(cut);
});

const faultOf = (firstBoot: string): string | undefined =>
  firstBootFault(snapshot({ bravo: { observation: { firstBoot } } }).servers[1]);

it("the first boot of a server counts as failed if cloud-init reports a status other than done or running", () => {
  expect(["done", "running", "running mysql"].flatMap((said) => faultOf(said) ?? [])).toEqual([]);
  expect(faultOf("apt failed")).toBe("bravo failed during its first boot: apt failed");
  expect(firstBootFault(undefined)).toBeUndefined();
});
