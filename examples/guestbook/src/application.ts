import { hostname } from "node:os";
import type { Server } from "node:http";
import { FailoverDatabase } from "./database/database.js";
import { Migrator } from "./database/migrations.js";
import { Pool } from "./database/pool.js";
import { GuardedEndpoint } from "./database/endpoint.js";
import { createHttpServer } from "./http.js";
import type { Log } from "./log.js";
import { noteRoutes } from "./notes.js";
import { Drain } from "./operations/drain.js";
import { Monitor } from "./operations/monitor.js";
import { operationRoutes, type Release } from "./operations/routes.js";
import { readPackaged, releaseName } from "./packaged.js";
import type { Settings } from "./settings.js";

/** Parts of the service that are started and stopped. */
export interface Application {
  readonly server: Server;
  readonly drain: Drain;
  readonly monitor: Monitor;
  /** Starts the background work of the service. */
  readonly start: () => void;
  /** Stops background work and closes all database connections. */
  readonly stop: () => Promise<void>;
}

/** Reads the version and the release from files of the release. @param environment name of the environment */
export const describeRelease = (environment: string): Release => ({
  version: releaseName() === "development" ? "development" : readPackaged("VERSION").trim(),
  release: releaseName(),
  server: hostname(),
  environment,
});

/** Creates the service. Background work begins only with `start`. */
export const createApplication = (settings: Settings, release: Release, log: Log): Application => {
  const { database, siteDomain, faultInjection } = settings;
  const writePool = new Pool({ name: "write", address: database.write, database });
  const readPool = new Pool({ name: "read", address: database.read, database });
  const write = new GuardedEndpoint(writePool);
  const read = new GuardedEndpoint(readPool);
  const migrator = new Migrator(writePool, log);
  const monitor = new Monitor({ write, read, migrations: () => migrator.state });
  const site = { domain: siteDomain, server: release.server, version: release.version };
  const notes = noteRoutes(new FailoverDatabase(write, read), site);
  const server = createHttpServer([notes, operationRoutes({ monitor, release, faultInjection })], log);
  return {
    server,
    drain: new Drain(server),
    monitor,
    start: () => {
      void migrator.run();
      monitor.start();
    },
    stop: async () => {
      migrator.stop();
      monitor.stop();
      write.stop();
      read.stop();
      await Promise.all([writePool.close(), readPool.close()]);
    },
  };
};
