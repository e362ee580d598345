import { createServer, type RequestListener } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { HetznerApi } from "../../../ops/hetzner/api.js";
import { healthOf } from "../../../ops/hetzner/balancers.js";
import { instantly } from "../support/instantly.js";
import { standInApi } from "../support/hetzner.js";

/** A client of a server that answers so, with the pauses of the real one. */
async function clientOf(listener: RequestListener): Promise<HetznerApi> {
  const http = createServer(listener).listen(0, "127.0.0.1");
  onTestFinished(() => void http.closeAllConnections());
  await once(http, "listening");
  return new HetznerApi({ token: "t", endpoint: `http://127.0.0.1:${(http.address() as AddressInfo).port}` });
}

describe("an action at Hetzner", () => {
  /** Actions whose status is another one at each look, the last one for ever. */
  const acting = async (
    ...statuses: readonly string[]
  ): Promise<{ readonly done: Promise<void>; looks: () => number }> => {
    let looks = 0;
    const api = await clientOf((_, response) => {
      const status = statuses[Math.min(looks++, statuses.length - 1)];
      response.end(
        JSON.stringify({ action: { id: 1, status, error: status === "error" ? { message: "why" } : null } }),
      );
    });
    return { done: api.shutDown({ id: 7 }), looks: () => looks };
  };

  it("is waited for, a minute and longer, until it has succeeded", async () => {
    instantly();
    const { done, looks } = await acting(...Array.from({ length: 90 }, () => "running"), "success");
    await done;
    expect(looks()).toBe(91);
  });

  it("that fails, or does not end, is named with its reason", async () => {
    instantly();
    await expect((await acting("running", "error")).done).rejects.toThrow("Hetzner: /servers/7/actions/shutdown: why");
    await expect((await acting("running")).done).rejects.toThrow("Hetzner: /servers/7/actions/shutdown: running");
  });
});

describe("a request to Hetzner", () => {
  it("is repeated where it cannot be done now or gets no answer, and given up at once where it is wrong", async () => {
    const busy = await standInApi([], [429, 503, 423, "no answer", 409]);
    expect(await busy.api.balancers("a=b")).toHaveLength(1);
    const wrong = await standInApi([], [403]);
    await expect(wrong.api.balancers("a=b")).rejects.toThrow("Hetzner: GET /load_balancers: 403 not now");
    expect(wrong.asked).toHaveLength(1);
  });

  it("is repeated for half a minute at growing distances, and then given up with the last answer", async () => {
    instantly();
    const times: number[] = [];
    const api = await clientOf((_, response) => {
      times.push(Date.now());
      response.writeHead(503).end('{"error": {"message": "busy"}}');
    });
    await expect(api.balancers("a=b")).rejects.toThrow("Hetzner: GET /load_balancers: 503 busy");
    expect(times.map((time) => (time - (times[0] ?? 0)) / 1000)).toEqual([0, 1, 3, 7, 15, 31]);
  });

  it("is repeated where its answer breaks off in the middle", async () => {
    instantly();
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

  it("to delete something is done where it is gone already, as after an answer that got lost", async () => {
    instantly();
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

  it("that hangs is given up and repeated", async () => {
    instantly();
    const limit = vi.spyOn(AbortSignal, "timeout").mockImplementation((milliseconds) => {
      expect(milliseconds).toBeLessThanOrEqual(30_000);
      return AbortSignal.abort();
    });
    onTestFinished(() => limit.mockRestore());
    const api = await clientOf(() => undefined);
    await expect(api.balancers("a=b")).rejects.toThrow("Hetzner: GET /load_balancers: no answer:");
    expect(limit).toHaveBeenCalledTimes(6);
  });
});

describe("the health of a balancer's targets", () => {
  const servers = [
    { id: 1, name: "alpha" },
    { id: 2, name: "bravo" },
  ];
  const target = (id: number, ...statuses: readonly string[]) => ({
    type: "server",
    server: { id },
    health_status: statuses.map((status, index) => ({ listen_port: 443 + index, status })),
  });

  it("is good when every service finds it so, and not before one has looked", () => {
    const healthy = (...statuses: readonly string[]) =>
      healthOf({ targets: [target(1, ...statuses)] }, servers).get("alpha");
    expect(healthy("healthy", "healthy")).toBe(true);
    expect(healthy("healthy", "unhealthy")).toBe(false);
    expect(healthy("unknown")).toBe(false);
    expect(healthy()).toBe(false);
  });

  it("is that of servers which are known, and which are targets", () => {
    const targets = [target(2, "healthy"), target(9, "healthy"), { type: "ip" }];
    expect([...healthOf({ targets }, servers)]).toEqual([["bravo", true]]);
  });
});
