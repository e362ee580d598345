import type { SyntheticsTestAssertion } from "@cdktf/provider-datadog/lib/synthetics-test/index.js";
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
  it("synthetic tests request the www name, and notify the urgent receivers if visitors cannot use the site", () => {
    const tests = allSynthetics(context).map(({ id, subtype, target, ...one }) =>
      [id, subtype, target, one.intervalSeconds, one.urgency, one.priority].join(" "),
    );
    expect(tests).toEqual([
      "page-check http https://www.foobar.com/ 300 urgent 1",
      "api-check http https://www.foobar.com/api/status 300 urgent 1",
      "redirect-check http http://www.foobar.com/ 3600 notUrgent 3",
      "dns-check dns www.foobar.com 300 urgent 1",
      "certificate-check ssl www.foobar.com 3600 urgent 2",
    ]);
  });

  it("synthetic tests request the configured page", () => {
    const [page] = allSynthetics(exampleContext({ application: { pagePath: "/shop" } }));
    expect(page?.target).toBe("https://www.foobar.com/shop");
  });

  it("synthetic tests require the API to report this environment's name", () => {
    expect(test("api-check").assertions).toContainEqual({
      type: "body",
      operator: "validatesJSONPath",
      targetjsonpath: { jsonpath: "$.environment", operator: "is", targetvalue: "production" },
    });
  });

  it.each<[id: string, answer: object, isGood: boolean]>([
    ["page-check", {}, true],
    ["page-check", { status: 503 }, false],
    ["page-check", { "content-type": "application/json" }, false],
    ["page-check", { milliseconds: 2900 }, true],
    ["page-check", { milliseconds: 3100 }, false],
    ["api-check", { environment: "production" }, true],
    ["api-check", { environment: "staging" }, false],
    ["api-check", { environment: "production", status: 404 }, false],
    ["api-check", { environment: "production", milliseconds: 3100 }, false],
    ["redirect-check", { status: 301, location: "https://www.foobar.com/" }, true],
    ["redirect-check", { status: 302, location: "https://www.foobar.com/" }, false],
    ["redirect-check", { status: 301, location: "http://www.foobar.com/" }, false],
    ["redirect-check", { status: 200 }, false],
    ["dns-check", { A: "104.16.1.2" }, true],
    ["dns-check", { A: "NXDOMAIN" }, false],
    ["dns-check", { A: "104.16.1.2", milliseconds: 1100 }, false],
    ["certificate-check", { days: 15 }, true],
    ["certificate-check", { days: 13 }, false],
  ])("the synthetic test %s judges a response as a visitor would: %j", (id, difference, isGood) => {
    const answer: Readonly<Record<string, string | number>> = {
      ...{ status: 200, "content-type": "text/html; charset=utf-8", milliseconds: 100 },
      ...difference,
    };
    const holds = (assertion: SyntheticsTestAssertion): boolean => {
      const { type, operator, property = "", target = "", targetjsonpath } = assertion;
      const json = targetjsonpath as { jsonpath: string; operator: string; targetvalue: string } | undefined;
      if (json) return json.operator === "is" && answer[json.jsonpath.slice(2)] === json.targetvalue;
      const names: Readonly<Record<string, string>> = {
        ...{ statusCode: "status", responseTime: "milliseconds", certificate: "days" },
      };
      const value = String(answer[names[type] ?? property] ?? "");
      const compared: Readonly<Record<string, boolean>> = {
        is: value === target,
        contains: value.includes(target),
        matches: new RegExp(target).test(value),
        lessThan: Number(value) < Number(target),
        isInMoreThan: Number(value) > Number(target),
      };
      return compared[operator ?? ""] ?? false;
    };
    expect(test(id).assertions.every(holds)).toBe(isGood);
  });

  it("synthetic tests are retried twice; tests of pages do not follow redirects; tests of certificates use the site's name", () => {
    for (const one of allSynthetics(context)) {
      const { optionsList, status, requestDefinition } = syntheticConfig(one, context);
      expect(optionsList, one.id).toMatchObject({
        ...{ tickEvery: one.intervalSeconds, monitorPriority: one.priority, retry: { count: 2, interval: 1000 } },
      });
      expect(status).toBe("live");
      if (one.subtype === "http") expect(requestDefinition).toMatchObject({ method: "GET", timeout: 30 });
      if (one.subtype === "ssl") expect(requestDefinition).toMatchObject({ port: "443", servername: "www.foobar.com" });
    }
    expect(syntheticConfig(test("redirect-check"), context).optionsList?.followRedirects).toBe(false);
  });

  it("synthetic tests fail only if two locations fail, or if the only configured location fails", () => {
    const two = exampleContext({ monitoring: { synthetics: { locations: ["aws:eu-central-1", "aws:eu-west-1"] } } });
    expect(syntheticConfig(test("page-check"), two).optionsList?.minLocationFailed).toBe(2);
    const one = exampleContext({ monitoring: { synthetics: { locations: ["aws:eu-central-1"] } } });
    expect(syntheticConfig(test("page-check"), context).optionsList?.minLocationFailed).toBe(2);
    expect(syntheticConfig(test("page-check"), one).optionsList?.minLocationFailed).toBe(1);
  });

  it("the cost of a synthetic test depends on its interval and the number of its locations", () => {
    expect(runsPerMonth(allSynthetics(context), 3)).toBe(82_080);
    expect(runsPerMonth([test("page-check")], 1)).toBe(8640);
  });
});

it("service levels are measured as the share of good requests in all requests", () => {
  for (const { total } of serviceLevels(context))
    expect(total).toBe("sum:production.www.requests{env:production}.as_count()");
  expect(serviceLevels(context).map(({ name, targetPercent, good }) => [name, targetPercent, good])).toEqual([
    ["availability", 99.9, "sum:production.www.requests{env:production,!status_class:5xx}.as_count()"],
    ["latency", 95, "sum:production.www.requests{env:production,speed:fast}.as_count()"],
  ]);
});

it("the maximum burn rate of a service level follows from its target", () => {
  const [availability, latency] = serviceLevels(context).map(highestBurnRate);
  expect(availability).toBeCloseTo(1000);
  expect(latency).toBe(20);
});

const reason = "kernel update of all servers";
const times = { start: "2026-12-01T20:00:00Z", end: "2026-12-01T22:00:00Z" };

it("a planned downtime mutes every alert of the environment", () => {
  expect(downtimeConfig({ reason, ...times }, context)).toEqual({
    scope: "env:production",
    message: reason,
    monitorIdentifier: { monitorTags: ["env:production"] },
    oneTimeSchedule: times,
    displayTimezone: "UTC",
    muteFirstRecoveryNotification: true,
  });
});

it("a planned downtime mutes only the alerts of one server if a server is given", () => {
  expect(downtimeConfig({ reason, ...times, server: "alpha" }, context).scope).toBe("env:production AND server:alpha");
});
