import type { MigrationState } from "../database/migrations.js";
import type { DatabaseEndpoint } from "../database/endpoint.js";
import { messageOf } from "../log.js";
import { limits } from "../limits.js";
import { type Health, liveness } from "./health.js";

/** Result of one readiness check. */
export interface Readiness extends Health {
  readonly checks: Readonly<Record<"write" | "read" | "migrations", Health>>;
}

/** Properties of {@link Monitor}. */
export interface MonitorProps {
  /** The endpoint that leads to the primary. */
  readonly write: DatabaseEndpoint;
  /** The endpoint that leads to replicas. */
  readonly read: DatabaseEndpoint;
  /** Current state of the migrations. */
  readonly migrations: () => MigrationState;
  /** Pause between two probes, in milliseconds. @default limits.health.probeIntervalSeconds */
  readonly intervalMs?: number;
}

const probeMs = limits.database.probeSeconds * 1000;

/** Probes both endpoints of the database regularly, so that health is known without traffic and without waiting. */
export class Monitor {
  /** True if the process stops and no other process inherits its socket. */
  leaving = false;
  private timer?: NodeJS.Timeout;
  private running?: Promise<Readiness>;

  constructor(private readonly props: MonitorProps) {}

  /** Starts probing both endpoints at the interval. */
  start(): void {
    const intervalMs = this.props.intervalMs ?? limits.health.probeIntervalSeconds * 1000;
    this.timer = setInterval(() => void this.readiness(), intervalMs).unref();
  }

  /** Stops the probes. */
  stop(): void {
    clearInterval(this.timer);
  }

  /** Returns the current health without a query, so that the call cannot hang. */
  liveness(): Health {
    const endpoints = [this.props.write.state, this.props.read.state];
    return liveness({ endpoints, leaving: this.leaving, nowMs: Date.now() });
  }

  /** Queries both endpoints. Concurrent callers share one check. */
  readiness(): Promise<Readiness> {
    this.running ??= this.check().finally(() => (this.running = undefined));
    return this.running;
  }

  private async check(): Promise<Readiness> {
    const [write, read] = await Promise.all([check(this.props.write), check(this.props.read)]);
    const { done, reason } = this.props.migrations();
    const checks = { write, read, migrations: { ok: done, reason } };
    const failed = Object.entries(checks).filter(([, { ok }]) => !ok);
    return { ok: failed.length === 0, reason: failed.map(([name]) => name).join(", ") || undefined, checks };
  }
}

const check = async (endpoint: DatabaseEndpoint): Promise<Health> => {
  try {
    await endpoint.probe(probeMs);
    return { ok: true };
  } catch (error) {
    return { ok: false, reason: messageOf(error) };
  }
};
