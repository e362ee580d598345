import type { RequestListener } from "node:http";
import { beforeEach, expect, it, onTestFinished, vi } from "vitest";
import { requireLock, type Lock } from "../../../ops/core/lock.js";
import { HetznerApi } from "../../../ops/hetzner/api.js";
import { healthOf } from "../../../ops/hetzner/balancers.js";
import { httpServer } from "../../support/listening.js";
import { instantly } from "../support/instantly.js";
import { standInApi } from "../support/hetzner.js";

beforeEach(instantly);

/** Creates a client of a fake server. The client has the pauses of the real client. */
const clientOf = async (listener: RequestListener): Promise<HetznerApi> =>
  new HetznerApi({ token: "t", endpoint: await httpServer(listener) });

it("a request that changes a resource at Hetzner checks before each attempt that this run still holds the lock", async () => {
  const { api, asked } = await standInApi([], ["no answer"]);
  const verify = vi.fn<() => Promise<void>>().mockResolvedValueOnce().mockRejectedValueOnce(new Error("lost the lock"));
  requireLock({ verify } as unknown as Lock);
  onTestFinished(() => requireLock(undefined));
  await expect(api.deleteServer({ id: 7 })).rejects.toThrow("lost the lock");
  expect(asked).toEqual(["DELETE /servers/7"]);
});

/** Runs an action whose status changes in this order. The last status repeats. */
const acting = async (
  ...statuses: readonly string[]
): Promise<{ readonly done: Promise<void>; looks: () => number }> => {
  let looks = 0;
  const api = await clientOf((_, response) => {
    const status = statuses[Math.min(looks++, statuses.length - 1)];
    response.end(JSON.stringify({ action: { id: 1, status, error: status === "error" ? { message: "why" } : null } }));
  });
  return { done: api.shutDown({ id: 7 }), looks: () => looks };
};

it("an action of Hetzner's API is polled until the action succeeds, even for longer than a minute", async () => {
  const { done, looks } = await acting(...Array.from({ length: 90 }, () => "running"), "success");
  await done;
  expect(looks()).toBe(91);
});

it("an action of Hetzner's API that fails or times out throws an error with the action's path and the reason", async () => {
  await expect((await acting("running", "error")).done).rejects.toThrow("Hetzner: /servers/7/actions/shutdown: why");
  await expect((await acting("running")).done).rejects.toThrow("Hetzner: /servers/7/actions/shutdown: running");
});

it("a request to Hetzner's API is retried after a server error or a missing response, but not after a client error", async () => {
  const busy = await standInApi([], [429, 503, 423, "no answer", 409]);
  expect(await busy.api.balancers("a=b")).toHaveLength(1);
  const wrong = await standInApi([], [403]);
  await expect(wrong.api.balancers("a=b")).rejects.toThrow("Hetzner: GET /load_balancers: 403 not now");
  expect(wrong.asked).toHaveLength(1);
});

it("a request to Hetzner's API is retried for 31 s at growing intervals and then fails with the last response", async () => {
  const times: number[] = [];
  const api = await clientOf((_, response) => {
    times.push(Date.now());
    response.writeHead(503).end('{"error": {"message": "busy"}}');
  });
  await expect(api.balancers("a=b")).rejects.toThrow("Hetzner: GET /load_balancers: 503 busy");
  expect(times.map((time) => (time - (times[0] ?? 0)) / 1000)).toEqual([0, 1, 3, 7, 15, 31]);
});

it("a request to Hetzner's API is retried if its response is truncated", async () => {
  let answers = 0;
  const api = await clientOf((request, response) => {
    const body = JSON.stringify({ load_balancers: [] });
    response.writeHead(200, { "content-length": body.length });
    if (answers++ > 0) return void response.end(body);
    response.write(body.slice(0, 5), () => request.socket.destroy());
  });
  expect(await api.balancers("a=b")).toEqual([]);
  expect(answers).toBe(2);
});

it("a request that deletes a resource at Hetzner succeeds if the resource no longer exists, for example after a lost response", async () => {
  const asked: string[] = [];
  const api = await clientOf((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    if (asked.length === 1) return void request.socket.destroy();
    response.writeHead(404).end('{"error": {"message": "server not found"}}');
  });
  await api.deleteServer({ id: 7 });
  await api.deleteBalancer({ id: 9 });
  expect(asked).toEqual(["DELETE /servers/7", "DELETE /servers/7", "DELETE /load_balancers/9"]);
  await expect(api.shutDown({ id: 7 })).rejects.toThrow("404 server not found");
});

it("a request to Hetzner's API is aborted and retried if no response arrives within the time limit", async () => {
  const limit = vi.spyOn(AbortSignal, "timeout").mockImplementation((milliseconds) => {
    expect(milliseconds).toBeLessThanOrEqual(30_000);
    return AbortSignal.abort();
  });
  onTestFinished(() => limit.mockRestore());
  const api = await clientOf(() => undefined);
  await expect(api.balancers("a=b")).rejects.toThrow("Hetzner: GET /load_balancers: no answer:");
  expect(limit).toHaveBeenCalledTimes(6);
});

const servers = [
  { id: 1, name: "alpha" },
  { id: 2, name: "bravo" },
];
const target = (id: number, ...statuses: readonly string[]) => ({
  type: "server",
  server: { id },
  health_status: statuses.map((status, index) => ({ listen_port: 443 + index, status })),
});

it("a server counts as healthy at a load balancer only if the server passes the health check of every service of the load balancer", () => {
  const healthy = (...statuses: readonly string[]) =>
    healthOf({ targets: [target(1, ...statuses)] }, servers).get("alpha");
  expect(healthy("healthy", "healthy")).toBe(true);
  expect(healthy("healthy", "unhealthy")).toBe(false);
  expect(healthy("unknown")).toBe(false);
  expect(healthy()).toBe(false);
});

it("the health checks of a load balancer are returned only for known servers that are its targets", () => {
  const targets = [target(2, "healthy"), target(9, "healthy"), { type: "ip" }];
  expect([...healthOf({ targets }, servers)]).toEqual([["bravo", true]]);
});
