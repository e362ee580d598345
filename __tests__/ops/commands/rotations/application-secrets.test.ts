import { describe, expect, it } from "vitest";
import { giveApplicationSecrets } from "../../../../ops/commands/rotations/application-secrets.js";
import type { Context } from "../../../../ops/core/maintain.js";
import { Progress } from "../../../../ops/core/progress.js";
import { exampleConfig } from "../../../support/config.js";
import { type Difference, snapshot } from "../../support/snapshot.js";

type Name = "alpha" | "bravo" | "charlie";
const secrets = { PAYMENT_KEY: { maxBytes: 64 } };

interface SiteProps {
  /** What differs from a healthy environment. */
  readonly differences?: Partial<Record<Name, Difference>>;
  readonly secrets?: typeof secrets | Record<string, never>;
  readonly withWorkers?: boolean;
}

/** An environment whose servers have an old value, and what is done to them. */
function siteWith({ differences, secrets: wanted = secrets, withWorkers = false }: SiteProps = {}) {
  const workers = withWorkers ? { mail: { command: ["./mail"] } } : {};
  const config = exampleConfig({ application: { secrets: wanted, workers } });
  const { servers } = snapshot(differences);
  const files = new Map(servers.map(({ name }) => [name, "old"]));
  const waiting = new Set<string>();
  const done: string[] = [];
  const ssh = {
    tryRun: ({ name }: { name: string }, [command]: readonly string[]) => {
      if (command === "systemctl") return Promise.resolve({ ok: withWorkers });
      const observation = servers.find((server) => server.name === name)?.observation;
      return Promise.resolve({ ok: observation !== undefined, stdout: JSON.stringify(observation), stderr: "" });
    },
    run: ({ name }: { name: string }, command: readonly string[], { input = "" }: { input?: string } = {}) => {
      if (command[0] === "python3") {
        const [file] = (JSON.parse(input) as { files: { path: string; content: string }[] }).files;
        if (file && file.content !== files.get(name)) waiting.add(name);
        files.set(name, file?.content ?? "");
        return Promise.resolve(JSON.stringify(waiting.has(name) ? [file?.path] : []));
      }
      if (command[0] === "rm") waiting.delete(name);
      else done.push(`${name}: ${command.join(" ")}`);
      return Promise.resolve("");
    },
  };
  const context = {
    site: {
      config,
      logins: new Map(servers.map(({ name }) => [name, { name }])),
      ssh,
      cloud: {
        servers: () => Promise.resolve(servers.flatMap(({ cloud }) => (cloud ? [cloud] : []))),
        targets: () => Promise.resolve(new Map(servers.map(({ name, healthy }) => [name, healthy ?? false]))),
        noteApplicationSecrets: ({ name }: { name: string }) => Promise.resolve(void done.push(`${name}: noted`)),
      },
      secrets: { applicationSecrets: () => Promise.resolve({ of: () => "new" }) },
    },
    lock: { setInHand: () => Promise.resolve() },
    progress: new Progress(() => undefined),
  };
  return { context: context as unknown as Context, files, waiting, done };
}

describe("new values of the application's secrets", () => {
  it("reach one server after the other, whose application begins anew, and are noted there", async () => {
    const { context, files, done } = siteWith({ withWorkers: true });
    await giveApplicationSecrets(context);
    expect([...files.values()]).toEqual(["new", "new", "new"]);
    expect(done).toEqual(
      ["alpha", "bravo", "charlie"].flatMap((name) => [
        `${name}: systemctl restart app.service`,
        `${name}: systemctl try-restart app-workers.target`,
        `${name}: noted`,
      ]),
    );
  });

  it("restart nothing where they are there, and go on where a run was interrupted before the restart", async () => {
    const { context, files, waiting, done } = siteWith();
    for (const name of files.keys()) files.set(name, "new");
    waiting.add("bravo");
    await giveApplicationSecrets(context);
    expect(done).toEqual(["alpha: noted", "bravo: systemctl restart app.service", "bravo: noted", "charlie: noted"]);
  });

  it("are not changed while a server serves but cannot be reached, or if there are none", async () => {
    const ill = siteWith({ differences: { charlie: { observation: null } } });
    await expect(giveApplicationSecrets(ill.context)).rejects.toThrow(/^refused because of these faults:/);
    expect([...ill.files.values()]).toEqual(["old", "old", "old"]);
    await expect(giveApplicationSecrets(siteWith({ secrets: {} }).context)).rejects.toThrow(
      /^application\.secrets is empty/,
    );
  });
});
