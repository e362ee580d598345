import { Hono } from "hono";
import type { AppEnv, Routes } from "../http.js";
import type { Monitor } from "./monitor.js";

/** Version and release of this process, and the server on which it runs. */
export interface Release {
  /** Version of the application, written by the build. */
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
  /** Health of this process. */
  readonly monitor: Pick<Monitor, "liveness" | "readiness">;
  /** Content of `/api/status`. */
  readonly release: Release;
  /** If true, the route `POST /api/_fail` exists. @default false */
  readonly faultInjection?: boolean;
}

/** Returns the routes for the status and the health of this process. */
export const operationRoutes = ({ monitor, release, faultInjection }: OperationRoutesProps): Routes => {
  const routes = new Hono<AppEnv>()
    .get("/api/status", (c) => c.json(release))
    .get("/healthz", (c) => {
      const health = monitor.liveness();
      return c.json(health, health.ok ? 200 : 503);
    })
    .get("/readyz", async (c) => {
      const readiness = await monitor.readiness();
      return c.json(readiness, readiness.ok ? 200 : 503);
    });
  if (faultInjection)
    routes.post("/api/_fail", () => {
      throw new Error("fault injected on purpose (ENABLE_FAULT_INJECTION=1)");
    });
  return routes;
};
