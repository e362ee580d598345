import { jsonReply } from "../http/exchange.js";
import type { Route } from "../http/router.js";
import type { Monitor } from "./monitor.js";

/** What runs where. */
export interface Release {
  /** Version of the application, as the build wrote it. */
  readonly version: string;
  /** Name of the release's folder. */
  readonly release: string;
  /** Host name of the server. */
  readonly server: string;
  /** Name of the environment, `production` for example. */
  readonly environment: string;
}

/** Properties of {@link operationRoutes}. */
export interface OperationRoutesProps {
  /** Knows the health of this process. */
  readonly monitor: Pick<Monitor, "liveness" | "readiness">;
  /** What `/api/status` shows. */
  readonly release: Release;
  /** Adds `POST /api/_fail`. @default false */
  readonly faultInjection?: boolean;
}

/** Status and health of this process. */
export const operationRoutes = ({ monitor, release, faultInjection }: OperationRoutesProps): readonly Route[] => [
  { method: "GET", path: "/api/status", class: "api", handle: () => jsonReply(200, release) },
  {
    method: "GET",
    path: "/healthz",
    class: "health",
    handle: () => {
      const health = monitor.liveness();
      return jsonReply(health.ok ? 200 : 503, health);
    },
  },
  {
    method: "GET",
    path: "/readyz",
    class: "health",
    handle: async () => {
      const readiness = await monitor.readiness();
      return jsonReply(readiness.ok ? 200 : 503, readiness);
    },
  },
  ...(faultInjection ? [failingRoute] : []),
];

const failingRoute: Route = {
  method: "POST",
  path: "/api/_fail",
  class: "api",
  handle: () => {
    throw new Error("fault injected on purpose (ENABLE_FAULT_INJECTION=1)");
  },
};
