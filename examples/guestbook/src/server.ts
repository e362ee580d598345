import { type Application, createApplication, describeRelease } from "./application.js";
import { isSecondHandshakeError } from "./database/errors.js";
import { within } from "./database/time.js";
import { limits } from "./limits.js";
import { createLog, type Log } from "./log.js";
import { inheritsSocket, listen } from "./operations/listen.js";
import { readSettings } from "./settings.js";

/** Starts the service, and stops it on SIGTERM or SIGINT. */
const main = async (): Promise<void> => {
  const settings = readSettings(process.env);
  const release = describeRelease(settings.environment);
  const log = createLog({ level: settings.logLevel, base: { service: "app", ...release } });
  endOnBug(log);

  const application = createApplication(settings, release, log);
  const inherited = inheritsSocket(process.env, process.pid);
  stopOnSignal(application, inherited, log);

  application.start();
  // Opens connections before the first request. If the database is unavailable, the server must still return error pages.
  const warm = application.monitor.readiness();
  await within(limits.startSeconds * 1000, "database", warm).catch(() => undefined);
  await listen(application.server, inherited, settings.listen);
  log.info({ pid: process.pid, inherited, address: application.server.address() }, "listening");
};

const stopOnSignal = (application: Application, inherited: boolean, log: Log): void => {
  const stop = async (signal: string): Promise<void> => {
    log.info({ signal }, "stopping");
    application.monitor.leaving = !inherited;
    await application.drain.stop();
    await application.stop();
    log.info("stopped");
    process.exit(0);
  };
  for (const signal of ["SIGTERM", "SIGINT"]) process.once(signal, () => void stop(signal));
};

/** Logs an unexpected error and ends the process, because the state of the process is then unknown. systemd starts a new process. */
const endOnBug = (log: Log): void => {
  const end = (error: unknown): void => {
    if (isSecondHandshakeError(error)) return log.warn({ error }, "second error of a failed database connection");
    log.error({ error }, "unexpected error, ending");
    process.exit(1);
  };
  process.on("uncaughtException", end).on("unhandledRejection", end);
};

main().catch((error: unknown) => {
  createLog({ base: { service: "app" } }).error({ error }, "cannot start");
  process.exit(1);
});
