import { describe, expect, it } from "vitest";
import { shutDown, type Context } from "../../ops/core/maintain.js";
import { Progress } from "../../ops/core/progress.js";
import { cloudServer } from "./support/snapshot.js";

/** A site with one server that ends when the provider asks it to, and that `ssh` does not reach. */
function siteWith(logins: ReadonlyMap<string, object>) {
  const asked: string[] = [];
  const cloud = {
    servers: () => Promise.resolve([cloudServer("alpha", { running: asked.at(-1) !== "provider" })]),
    shutDown: () => Promise.resolve(void asked.push("provider")),
  };
  const ssh = {
    tryRun: () => {
      asked.push("ssh");
      return Promise.resolve({ reached: false, stderr: "timed out" });
    },
  };
  const context = { site: { logins, cloud, ssh }, progress: new Progress(() => undefined) };
  return { context: context as unknown as Context, asked };
}

describe("the shutdown of a server", () => {
  it.each([
    ["does not answer", new Map([["alpha", {}]]), ["ssh", "provider"]],
    ["no output knows any more, as after a deploy without it", new Map(), ["provider"]],
  ])("is asked of the provider where it %s", async (_, logins, expected) => {
    const { context, asked } = siteWith(logins);
    await shutDown(context, { name: "alpha", observation: undefined });
    expect(asked).toEqual(expected);
  });
});
