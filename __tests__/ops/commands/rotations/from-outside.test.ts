import { describe, expect, it } from "vitest";
import { distribute } from "../../../../ops/commands/rotations/from-outside.js";
import type { Context } from "../../../../ops/core/maintain.js";
import { Progress } from "../../../../ops/core/progress.js";
import { exampleConfig } from "../../../support/config.js";
import { type Difference, snapshot } from "../../support/snapshot.js";

type Name = "alpha" | "bravo" | "charlie";
const secrets = { PAYMENT_KEY: { maxBytes: 64 } };

const storage = { endpoint: "https://nbg1.your-objectstorage.com", region: "nbg1", bucket: "foobar-releases" };

interface SiteProps {
  /** Differences from a healthy environment. */
  readonly differences?: Partial<Record<Name, Difference>>;
  readonly secrets?: typeof secrets | Record<string, never>;
  readonly withWorkers?: boolean;
  /** Whether the release is in a private bucket. */
  readonly isPrivate?: boolean;
  /** Whether the private bucket rejects the new key. */
  readonly isRejected?: boolean;
}

/** An environment whose servers have an old value. It records the commands. */
function siteWith({
  differences,
  secrets: wanted = secrets,
  withWorkers = false,
  isPrivate,
  isRejected = false,
}: SiteProps = {}) {
  const workers = withWorkers ? { mail: { command: ["./mail"] } } : {};
  const config = exampleConfig({
    application: { secrets: wanted, workers, ...(isPrivate && { url: undefined, storage }) },
  });
  const { servers } = snapshot(differences);
  const files = new Map(servers.map(({ name }) => [name, "old"]));
  const waiting = new Set<string>();
  const done: string[] = [];
  const ssh = {
    tryRun: ({ name }: { name: string }, [command]: readonly string[]) => {
      if (command === "curl") {
        done.push(`${name}: curl`);
        return Promise.resolve({ ok: !isRejected, stdout: "", stderr: "error: 403" });
      }
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
        targets: () =>
          Promise.resolve([
            { name: "production", targets: new Map(servers.map(({ name, healthy }) => [name, healthy ?? false])) },
          ]),
        noteSecrets: ({ name }: { name: string }, label: string) =>
          Promise.resolve(void done.push(`${name}: ${label} noted`)),
      },
      secrets: { fromOutside: () => Promise.resolve({ of: () => "new" }) },
    },
    lock: { setInHand: () => Promise.resolve() },
    progress: new Progress(() => undefined),
  };
  return { context: context as unknown as Context, files, waiting, done };
}

describe("new values of the application's secrets", () => {
  it("new values of the application's secrets are distributed to one server at a time, followed by a restart and a label", async () => {
    const { context, files, done } = siteWith({ withWorkers: true });
    await distribute(context, "application-secrets");
    expect([...files.values()]).toEqual(["new", "new", "new"]);
    expect(done).toEqual(
      ["alpha", "bravo", "charlie"].flatMap((name) => [
        `${name}: systemctl restart app.service`,
        `${name}: systemctl try-restart app-workers.target`,
        `${name}: secret-application noted`,
      ]),
    );
  });

  it("a repeated distribution of the application's secrets restarts the application only if a run was interrupted before the restart", async () => {
    const { context, files, waiting, done } = siteWith();
    for (const name of files.keys()) files.set(name, "new");
    waiting.add("bravo");
    await distribute(context, "application-secrets");
    expect(done).toEqual([
      "alpha: secret-application noted",
      "bravo: systemctl restart app.service",
      "bravo: secret-application noted",
      "charlie: secret-application noted",
    ]);
  });

  it("new values of the application's secrets are rejected if a serving server is unreachable or if the application has no secrets", async () => {
    const ill = siteWith({ differences: { charlie: { observation: null } } });
    await expect(distribute(ill.context, "application-secrets")).rejects.toThrow(/^refused because of these faults:/);
    expect([...ill.files.values()]).toEqual(["old", "old", "old"]);
    await expect(distribute(siteWith({ secrets: {} }).context, "application-secrets")).rejects.toThrow(
      /^application\.secrets is empty/,
    );
  });
});

it("a new key for the release bucket is distributed to every server, and each server then reads the release with the new key", async () => {
  const { context, files, done } = siteWith({ isPrivate: true });
  await distribute(context, "release-key");
  expect([...files.values()]).toEqual(
    Array(3).fill('header = "x-amz-content-sha256: UNSIGNED-PAYLOAD"\nuser = "new"\n'),
  );
  expect(done).toEqual(
    ["alpha", "bravo", "charlie"].flatMap((name) => [`${name}: curl`, `${name}: secret-releaseKey noted`]),
  );
});

it("a new key for the release bucket is not distributed to other servers if the first server cannot read the release with the new key", async () => {
  const { context, files, done } = siteWith({ isPrivate: true, isRejected: true });
  const failure = distribute(context, "release-key");
  await expect(failure).rejects.toThrow(
    /^alpha: TF_VAR_release_key must be able to read https:.*, got error: 403; correct the variable/,
  );
  await expect(failure).rejects.not.toThrow("new");
  expect([files.get("bravo"), files.get("charlie")]).toEqual(["old", "old"]);
  expect(done).toEqual(["alpha: curl"]);
});

it("a new key for the release bucket is rejected if the release is public", async () => {
  await expect(distribute(siteWith().context, "release-key")).rejects.toThrow(/^application\.storage is not set/);
});
