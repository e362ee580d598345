import type { Lab } from "../../../lab/lab.js";
import { applicationVisitor, requestToWrite } from "../../../lab/load/application-visitor.js";
import type { Machine } from "../../../lab/machine/machine.js";
import { waitFor } from "../../../lab/system/shell.js";
import { paths } from "../../../modules/platform/paths.js";
import { ports } from "../../../modules/platform/ports.js";

/** curl's report about a response. Except for the body, the values come from variables of `--write-out`. */
export interface Visit {
  readonly status: number;
  readonly httpVersion: string;
  /** Result of the certificate verification; 0 if curl verified the certificate chain. */
  readonly verifyResult: number;
  readonly redirect: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const shape =
  '\\n{"status":%{response_code},"httpVersion":"%{http_version}","verifyResult":%{ssl_verify_result},"redirect":"%{redirect_url}","headers":%{header_json}}';

/** Sends one request as an external visitor with the given curl arguments. @throws if there is no response */
export async function visit(lab: Lab, ...args: readonly string[]): Promise<Visit> {
  const output = await lab.visitor.curl("--write-out", shape, ...args);
  // The report starts at the last line that begins with `{"status"`, because curl prints the headers on several lines.
  const start = output.lastIndexOf('\n{"status"');
  const { headers, ...report } = JSON.parse(output.slice(start)) as Omit<Visit, "headers" | "body"> & {
    headers: Record<string, string[]>;
  };
  const flat = Object.fromEntries(Object.entries(headers).map(([name, values]) => [name, values.join(", ")]));
  return { ...report, headers: flat, body: output.slice(0, start) };
}

/** Returns the curl arguments, without the URL, of a request that writes a text. */
function writing(lab: Lab, text: string) {
  const visitor = applicationVisitor(lab.blueprint.environment.config);
  const { method, headers, body, status } = requestToWrite(visitor, text);
  const lines = Object.entries({ "Content-Type": "application/json", ...headers });
  const args = lines.flatMap(([name, value]) => ["--header", `${name}: ${value}`]);
  return { visitor, status, args: ["--request", method, ...args, "--data-raw", body] };
}

/** Writes a text through the site. @returns the response, and whether the response confirms that the text is stored */
export async function tryWrite(lab: Lab, text: string): Promise<Visit & { readonly kept: boolean }> {
  const { visitor, args, status } = writing(lab, text);
  const answer = await visit(lab, ...args, lab.url(visitor.path));
  return { ...answer, kept: answer.status === status };
}

/** Writes a text through the site. @throws if the response does not confirm that the text is stored */
export async function write(lab: Lab, text: string): Promise<void> {
  const { kept, status, body } = await tryWrite(lab, text);
  if (!kept) throw new Error(`write failed with status ${status}: ${body}`);
}

/** Writes a text through the application of one machine. @returns whether the response confirms that the text is stored */
export async function writeThrough(lab: Lab, machine: Machine, text: string): Promise<boolean> {
  const { visitor, args, status } = writing(lab, text);
  const told = ["--silent", "--output", "/dev/null", "--write-out", "%{http_code}"];
  const url = `http://127.0.0.1:${ports.application}${visitor.path}`;
  return (await machine.exec(["curl", ...told, ...args, url])) === `${status}`;
}

/** Waits until the application of a server shows a text. The application may read from any replica. */
export async function shownOn(lab: Lab, machine: Machine, text: string): Promise<void> {
  const { pagePath } = lab.blueprint.environment.config.application;
  const url = `http://127.0.0.1:${ports.application}${pagePath}`;
  const curl = ["curl", "--silent", "--show-error", "--fail", "--max-time", "5", url] as const;
  await waitFor(
    `${text} in ${pagePath} of ${machine.name}`,
    async (see) => {
      const { ok, stdout, stderr } = await machine.tryExec(curl);
      see(stderr);
      return ok && stdout.includes(text);
    },
    { timeoutSeconds: 20 },
  );
}

/**
 * Returns the names of the servers that respond. Sends parallel requests over separate connections, because the load balancer assigns each
 * new connection to the server with the fewest connections.
 */
export async function answeringServers(lab: Lab, args: readonly string[]): Promise<Set<string>> {
  const { statusPath = "/" } = lab.blueprint.environment.config.application;
  const seen = new Set<string>();
  for (let round = 0; round < 10 && seen.size < lab.machines.length; round++) {
    const visits = Array.from({ length: 12 }, () => visit(lab, ...args, lab.url(statusPath)));
    for (const { body } of await Promise.all(visits)) seen.add((JSON.parse(body) as { server: string }).server);
  }
  return seen;
}

/** Waits for the line with the given request id in the nginx access log of any server. */
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
