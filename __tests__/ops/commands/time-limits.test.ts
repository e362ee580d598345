import { expect, it } from "vitest";
import { failover } from "../../../ops/commands/failover.js";
import { release } from "../../../ops/commands/release.js";
import { rollout } from "../../../ops/commands/rollout.js";
import { upgrade } from "../../../ops/commands/upgrade.js";
import { paths } from "../../../modules/platform/paths.js";
import { instantly } from "../support/instantly.js";
import { release as named } from "../support/snapshot.js";
import { World } from "../support/world.js";

it("every SSH command of npm run ops has a time limit above its longest duration; commands that only read have at most 20 seconds", async () => {
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
  // Running transactions may need 10 s, and the trial of a release 75 s. Package downloads may be slow.
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
