import { expect, it } from "vitest";
import { driftCompared } from "../../../modules/platform/signals.js";
import { reportComparison } from "../../../ops/commands/drift.js";
import type { EnvironmentInput } from "../../../modules/config/schema.js";
import { exampleConfig, type Overrides } from "../../support/config.js";
import { httpServer } from "../../support/listening.js";

interface Request {
  readonly path?: string | undefined;
  readonly key?: string | undefined;
  readonly body: string;
}

/** Runs the drift command with an emulated Datadog. @returns the requests to Datadog and the printed lines */
async function report(status: number, variables: NodeJS.ProcessEnv, overrides: Overrides<EnvironmentInput> = {}) {
  const requests: Request[] = [];
  const said: string[] = [];
  const host = await httpServer((request, response, body) => {
    requests.push({ path: request.url, key: String(request.headers["dd-api-key"]), body });
    response.writeHead(status).end("{}");
  });
  await reportComparison(exampleConfig(overrides), { DD_HOST: host, ...variables }, (line) => said.push(line));
  return { requests, said };
}

it("npm run ops drift sends its result to Datadog as a metric, using only the environment's name and the API key", async () => {
  const before = Math.floor(Date.now() / 1000);
  const { requests, said } = await report(202, { DD_API_KEY: "key", DD_APP_KEY: "secret" });
  expect(requests).toEqual([expect.objectContaining({ path: "/api/v2/series", key: "key" })]);
  const { series } = JSON.parse(requests[0]?.body ?? "") as { series: [{ points: [{ timestamp: number }] }] };
  expect(series).toEqual([
    {
      ...{ metric: driftCompared, type: 3, tags: ["env:production"] },
      points: [{ timestamp: expect.any(Number) as number, value: 1 }],
    },
  ]);
  expect(series[0].points[0].timestamp).toBeGreaterThanOrEqual(before);
  expect(said).toEqual([]);
});

it("npm run ops drift sends no metric if monitoring is disabled or the API key is missing, and reports a missing key", async () => {
  const { requests, said } = await report(202, {});
  expect(requests).toEqual([]);
  expect(said).toEqual([expect.stringContaining("DD_API_KEY is not set")]);
  expect(await report(202, { DD_API_KEY: "key" }, { monitoring: { enabled: false } })).toEqual({
    requests: [],
    said: [],
  });
});

it("npm run ops drift keeps its result if Datadog rejects the metric or does not answer", async () => {
  expect((await report(403, { DD_API_KEY: "key" })).said).toEqual([expect.stringContaining("answers 403")]);
  const unreachable = await report(202, { DD_API_KEY: "key", DD_HOST: "http://127.0.0.1:1" });
  expect(unreachable.said).toEqual([expect.stringContaining("not reported")]);
});
