import { describe, expect, it } from "vitest";
import { downtimeConfig } from "../../../modules/datadog/downtime.js";
import { highestBurnRate, serviceLevels } from "../../../modules/datadog/service-levels.js";
import { syntheticConfig } from "../../../modules/datadog/synthetic-resource.js";
import { allSynthetics, runsPerMonth } from "../../../modules/datadog/synthetics.js";
import { exampleContext } from "./support.js";

const context = exampleContext();
const test = (id: string) => {
  const found = allSynthetics(context).find((one) => one.id === id);
  if (!found) throw new Error(`no test ${id}`);
  return found;
};

describe("synthetic tests", () => {
  it("look at page, API, redirect, DNS and certificate of www", () => {
    expect(allSynthetics(context).map(({ id, subtype, target }) => [id, subtype, target])).toEqual([
      ["page-check", "http", "https://www.foobar.com/"],
      ["api-check", "http", "https://www.foobar.com/api/status"],
      ["redirect-check", "http", "http://www.foobar.com/"],
      ["dns-check", "dns", "www.foobar.com"],
      ["certificate-check", "ssl", "www.foobar.com"],
    ]);
  });

  it("look at the page that the settings name", () => {
    const [page] = allSynthetics(exampleContext({ application: { pagePath: "/shop" } }));
    expect(page?.target).toBe("https://www.foobar.com/shop");
  });

  it("expect the API to answer as this environment", () => {
    expect(test("api-check").assertions).toContainEqual({
      type: "body",
      operator: "validatesJSONPath",
      targetjsonpath: { jsonpath: "$.environment", operator: "is", targetvalue: "production" },
    });
  });

  it("follow no redirect, or the redirect could not be seen", () => {
    expect(syntheticConfig(test("redirect-check"), context).optionsList?.followRedirects).toBe(false);
  });

  it("need two places to fail, where there are two", () => {
    const one = exampleContext({ monitoring: { synthetics: { locations: ["aws:eu-central-1"] } } });
    expect(syntheticConfig(test("page-check"), context).optionsList?.minLocationFailed).toBe(2);
    expect(syntheticConfig(test("page-check"), one).optionsList?.minLocationFailed).toBe(1);
  });

  it("cost runs by interval and place", () => {
    expect(runsPerMonth(allSynthetics(context), 3)).toBe(82_080);
    expect(runsPerMonth([test("page-check")], 1)).toBe(8640);
  });
});

describe("service levels", () => {
  it("are good of total requests", () => {
    expect(serviceLevels(context).map(({ name, targetPercent, good }) => [name, targetPercent, good])).toEqual([
      ["availability", 99.9, "sum:production.www.requests{env:production,!status_class:5xx}.as_count()"],
      ["latency", 95, "sum:production.www.requests{env:production,speed:fast}.as_count()"],
    ]);
  });

  it("allow at most as many times the budget as there is", () => {
    const [availability, latency] = serviceLevels(context).map(highestBurnRate);
    expect(availability).toBeCloseTo(1000);
    expect(latency).toBe(20);
  });
});

describe("downtimes", () => {
  const reason = "kernel update of all servers";
  const times = { start: "2026-12-01T20:00:00Z", end: "2026-12-01T22:00:00Z" };

  it("keep back every alert of the environment", () => {
    expect(downtimeConfig({ reason, ...times }, context)).toEqual({
      scope: "env:production",
      message: reason,
      monitorIdentifier: { monitorTags: ["env:production"] },
      oneTimeSchedule: times,
      displayTimezone: "UTC",
      muteFirstRecoveryNotification: true,
    });
  });

  it("keep back alerts of one server", () => {
    expect(downtimeConfig({ reason, ...times, server: "alpha" }, context).scope).toBe(
      "env:production AND server:alpha",
    );
  });
});
