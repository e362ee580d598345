import { beforeEach, expect, it } from "vitest";
import { distribute } from "../../../../ops/commands/rotations/from-outside.js";
import type { EnvironmentInput } from "../../../../modules/config/schema.js";
import { exampleConfig, type Overrides } from "../../../support/config.js";
import { instantly } from "../../support/instantly.js";
import { World } from "../../support/world.js";

beforeEach(instantly);

const names = ["alpha", "bravo", "charlie"] as const;
const storage = { endpoint: "https://nbg1.your-objectstorage.com", region: "nbg1", bucket: "foobar-releases" };
const withSecrets = { secrets: { PAYMENT_KEY: { maxBytes: 64 } } };
const isPrivate = { url: undefined, storage };
const worldWith = (application: Overrides<EnvironmentInput["application"]>): World =>
  new World(exampleConfig({ application }));
const contentsIn = (world: World) => names.map((name) => [...world.machine(name).files.values()]);

/** Returns the commands on servers and the new labels. Queries and the marks of deliveries are omitted. */
const changesIn = ({ steps }: World) =>
  steps.filter((step) => !/^lock: |: gets | cat |rm -f/.test(step)).map((step) => step.replace(/ curl .*/, " curl"));

it("a rotation of the application's secrets updates one server at a time, restarts the application, and labels the server", async () => {
  const world = worldWith({ ...withSecrets, workers: { mail: { command: ["./mail"] } } });
  await distribute(await world.context("rotate"), "application-secrets");
  expect(contentsIn(world)).toEqual(names.map(() => ["application.secrets.PAYMENT_KEY-1"]));
  expect(changesIn(world)).toEqual(
    names.flatMap((name) => [
      `${name}: systemctl restart app.service`,
      `${name}: systemctl try-restart app-workers.target`,
      `provider: note secret-application of ${name}`,
    ]),
  );
});

it("a rotation of the application's secrets restarts the application only if the secrets changed or a previous run was interrupted", async () => {
  const world = worldWith(withSecrets);
  await distribute(await world.context("rotate"), "application-secrets");
  world.machine("bravo").waiting = new Set(world.machine("bravo").files.keys());
  await distribute(await world.context("rotate"), "application-secrets");
  expect(changesIn(world)).toEqual([
    "provider: note secret-application of alpha",
    "bravo: systemctl restart app.service",
    "provider: note secret-application of bravo",
    "provider: note secret-application of charlie",
  ]);
});

it("a rotation of the application's secrets is rejected if a serving server is unreachable or the application has no secrets", async () => {
  const world = worldWith(withSecrets);
  world.machine("charlie").isStunned = true;
  await expect(distribute(await world.context("rotate"), "application-secrets")).rejects.toThrow(
    /^refused because of these faults:/,
  );
  expect(contentsIn(world)).toEqual([[], [], []]);
  await expect(distribute(await new World().context("rotate"), "application-secrets")).rejects.toThrow(
    /^application\.secrets is empty/,
  );
});

it("a rotation of the release bucket's key sends the new key to every server, and each server reads the release with the new key", async () => {
  const world = worldWith(isPrivate);
  await distribute(await world.context("rotate"), "release-key");
  expect(contentsIn(world)).toEqual(
    names.map(() => ['header = "x-amz-content-sha256: UNSIGNED-PAYLOAD"\nuser = "releaseKey-1"\n']),
  );
  expect(changesIn(world)).toEqual(
    names.flatMap((name) => [`${name}: curl`, `provider: note secret-releaseKey of ${name}`]),
  );
});

it("a rotation of the release bucket's key stops if the first server cannot read the release with the new key", async () => {
  const world = worldWith(isPrivate);
  world.onStep = (step) => {
    if (step.includes(": curl ")) world.failing.add(step);
  };
  const failure = distribute(await world.context("rotate"), "release-key");
  await expect(failure).rejects.toThrow(
    /^alpha: TF_VAR_release_key must be able to read https:.*, got it failed; correct the variable/,
  );
  await expect(failure).rejects.not.toThrow("releaseKey-1");
  expect(contentsIn(world).slice(1)).toEqual([[], []]);
  expect(changesIn(world)).toEqual(["alpha: curl"]);
});

it("a rotation of the release bucket's key is rejected if the release is public", async () => {
  await expect(distribute(await new World().context("rotate"), "release-key")).rejects.toThrow(
    /^application\.storage is not set/,
  );
});
