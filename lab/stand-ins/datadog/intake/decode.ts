import { z } from "zod";
import type { HostMetadata, LogRecord, MetricPoint, ProcessRecord, ServiceCheck } from "./records.js";

/*
 * Decoders of the agent's requests to each endpoint, in the JSON format of Datadog's public API. The vendor's agent sends the same fields
 * to the same addresses, but uses protobuf for metrics and processes.
 */

const tags = z.array(z.string()).default([]);

const series = z.object({
  series: z.array(
    z.object({
      metric: z.string(),
      points: z.array(z.object({ timestamp: z.number(), value: z.number() })),
      resources: z.array(z.object({ name: z.string(), type: z.string() })).default([]),
      tags,
    }),
  ),
});

/** POST /api/v2/series */
export const decodeSeries = (body: unknown): MetricPoint[] =>
  series.parse(body).series.flatMap(({ metric, points, resources, tags }) => {
    const host = resources.find((resource) => resource.type === "host")?.name ?? "";
    return points.map(({ timestamp, value }) => ({ name: metric, host, time: timestamp, value, tags }));
  });

const checkRun = z.array(
  z.object({
    check: z.string(),
    host_name: z.string(),
    timestamp: z.number(),
    status: z.int().min(0).max(3),
    message: z.string().default(""),
    tags,
  }),
);

/** POST /api/v1/check_run */
export const decodeChecks = (body: unknown): ServiceCheck[] =>
  checkRun.parse(body).map(({ check, host_name: host, timestamp, status, message, tags }) => ({
    name: check,
    host,
    time: timestamp,
    status: (["ok", "warning", "critical"] as const)[status] ?? "unknown",
    message,
    tags,
  }));

const logs = z.array(
  z.object({
    message: z.string(),
    hostname: z.string(),
    /** Milliseconds. */
    timestamp: z.number(),
    service: z.string().default(""),
    ddsource: z.string().default(""),
    ddtags: z.string().default(""),
  }),
);

/** POST /api/v2/logs */
export const decodeLogs = (body: unknown): LogRecord[] =>
  logs.parse(body).map(({ message, hostname, timestamp, service, ddsource, ddtags }) => ({
    host: hostname,
    time: timestamp / 1000,
    service,
    source: ddsource,
    message,
    tags: ddtags.split(",").filter(Boolean),
    attributes: attributesOf(message),
  }));

function attributesOf(message: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(message);
    return typeof value === "object" && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

const metadata = z.object({
  internalHostname: z.string(),
  agentVersion: z.string().default(""),
  "host-tags": z.object({ system: tags }),
});

/** POST /intake/ */
export function decodeMetadata(body: unknown): HostMetadata {
  const host = metadata.parse(body);
  return { host: host.internalHostname, tags: host["host-tags"].system, agentVersion: host.agentVersion };
}

const processes = z.object({
  host: z.string(),
  timestamp: z.number(),
  processes: z.array(z.object({ name: z.string(), user: z.string() })),
});

/** POST /api/v1/collector */
export function decodeProcesses(body: unknown): ProcessRecord[] {
  const { host, timestamp, processes: list } = processes.parse(body);
  return list.map(({ name, user }) => ({ host, time: timestamp, name, user, tags: [] }));
}
