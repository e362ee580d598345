import { expect } from "vitest";
import type { Lab } from "../../../lab/lab.js";
import type { Machine } from "../../../lab/machine/machine.js";
import { waitFor } from "../../../lab/system/shell.js";
import { paths } from "../../../modules/platform/paths.js";
import { ports } from "../../../modules/platform/ports.js";

/** What curl tells of an answer, by its --write-out names. */
export interface Visit {
  readonly status: number;
  readonly httpVersion: string;
  /** 0: the chain was verified. */
  readonly verifyResult: number;
  readonly redirect: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const shape =
  '\\n{"status":%{response_code},"httpVersion":"%{http_version}","verifyResult":%{ssl_verify_result},"redirect":"%{redirect_url}","headers":%{header_json}}';

/** One request of somebody outside, through whatever the arguments lead to. @throws when there is no answer */
export async function visit(lab: Lab, ...args: readonly string[]): Promise<Visit> {
  const output = await lab.visitor.curl("--write-out", shape, ...args);
  // the headers are written over several lines, so the report begins at the last line that opens it
  const start = output.lastIndexOf('\n{"status"');
  const { headers, ...report } = JSON.parse(output.slice(start)) as Omit<Visit, "headers" | "body"> & {
    headers: Record<string, string[]>;
  };
  const flat = Object.fromEntries(Object.entries(headers).map(([name, values]) => [name, values.join(", ")]));
  return { ...report, headers: flat, body: output.slice(0, start) };
}

/** Leaves a note on the site and returns its id. */
export async function postNote(lab: Lab, text: string, ...args: readonly string[]): Promise<number> {
  const body = JSON.stringify({ author: "proof", text });
  const { status, body: answer } = await visit(lab, "--json", body, ...args, lab.url("/api/notes"));
  expect({ status, answer: status === 201 ? "" : answer }).toEqual({ status: 201, answer: "" });
  return (JSON.parse(answer) as { id: number }).id;
}

/** The note as a server's own application reads it, from whichever replica it has chosen. */
export async function noteOn(machine: Machine, id: number): Promise<unknown> {
  const url = `http://127.0.0.1:${ports.application}/api/notes/${id}`;
  const answer = await waitFor(
    `note ${id} on ${machine.name}`,
    async (see) => {
      const { ok, stdout, stderr } = await machine.tryExec([
        "curl",
        "--silent",
        "--show-error",
        "--fail",
        "--max-time",
        "5",
        url,
      ]);
      see(stderr);
      return ok ? stdout : undefined;
    },
    { timeoutSeconds: 20 },
  );
  return JSON.parse(answer);
}

/**
 * Names of the servers that answer, as they say themselves. Requests come at the same time, each by a connection of its own: the balancer
 * leads the next connection to the server with the fewest.
 */
export async function answeringServers(lab: Lab, args: readonly string[]): Promise<Set<string>> {
  const seen = new Set<string>();
  for (let round = 0; round < 10 && seen.size < lab.machines.length; round++) {
    const visits = Array.from({ length: 12 }, () => visit(lab, ...args, lab.url("/api/status")));
    for (const { body } of await Promise.all(visits)) seen.add((JSON.parse(body) as { server: string }).server);
  }
  return seen;
}

/** Line of nginx's access log with this request id, from whichever server answered. */
export async function accessLogLine(lab: Lab, requestId: string): Promise<Record<string, unknown>> {
  return waitFor(`access log of ${requestId}`, async (see) => {
    for (const machine of lab.machines) {
      const grep = ["grep", "--fixed-strings", `"${requestId}"`, paths.nginx.accessLog] as const;
      const { stdout } = see(await machine.tryExec(grep));
      const line = stdout.split("\n")[0];
      if (line) return JSON.parse(line) as Record<string, unknown>;
    }
    return undefined;
  });
}
