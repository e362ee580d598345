import type { ApiBalancer, ApiServer } from "../../../ops/hetzner/api.js";
import { HetznerApi } from "../../../ops/hetzner/api.js";
import { httpServer } from "../../support/listening.js";

/**
 * Starts an emulator of Hetzner's API on this host.
 * @param failures results of the first requests: an error status, or no response
 * @param balancers @default - one balancer that targets all servers
 */
export async function standInApi(
  servers: readonly ApiServer[],
  failures: readonly (number | "no answer")[] = [],
  balancers: readonly Partial<ApiBalancer>[] = [{ name: "production", targets: targetsOf(servers) }],
) {
  const asked: string[] = [];
  const left = [...failures];
  const endpoint = await httpServer((request, response, text) => {
    asked.push([request.method, request.url?.split("?")[0], text].join(" ").trim());
    const failure = left.shift();
    if (failure === "no answer") return void request.socket.destroy();
    response.statusCode = failure ?? 200;
    const path = request.url ?? "";
    const body =
      failure !== undefined
        ? { error: { message: "not now" } }
        : path.startsWith("/servers?")
          ? pageOf(servers, path)
          : path.startsWith("/load_balancers?")
            ? {
                load_balancers: balancers.map((balancer, index) => ({
                  id: 9 + index,
                  protection: { delete: true },
                  targets: [],
                  ...balancer,
                })),
              }
            : path.startsWith("/volumes?name=")
              ? { volumes: [{ id: 55, name: path.split("=")[1], protection: { delete: true } }] }
              : { action: { id: 1, status: "success" } };
    response.end(JSON.stringify(body));
  });
  return { api: new HetznerApi({ token: "t", endpoint, pauseSeconds: 0.01 }), asked };
}

/** Returns one page of servers. A page has two entries. */
function pageOf(servers: readonly ApiServer[], path: string): object {
  const page = Number(new URL(path, "http://api").searchParams.get("page"));
  const next_page = servers.length > page * 2 ? page + 1 : null;
  return { servers: servers.slice(page * 2 - 2, page * 2), meta: { pagination: { next_page } } };
}

/** Returns each server as a load balancer target. A target is healthy if its server runs. */
const targetsOf = (servers: readonly ApiServer[]): ApiBalancer["targets"] =>
  servers.map(({ id, status }) => ({
    type: "server",
    server: { id },
    health_status: [{ listen_port: 443, status: status === "running" ? "healthy" : "unhealthy" }],
  }));
