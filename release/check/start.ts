import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { basename, join } from "node:path";
import { rootCertificates } from "node:tls";
import type { Scratch } from "../../command-line/cleanup.js";
import type { ApplicationSettings } from "../settings.js";
import { type Finding, notChecked, problem } from "./finding.js";
import { lastLines } from "./syntax.js";

/** Maximum time in seconds until a new process answers. `deploy-app` waits longer, because servers are slower. */
const startSeconds = 20;
/** Maximum time in milliseconds that the check waits for one answer. */
const answerMs = 5000;

/**
 * Starts the application as `deploy-app` does for a trial, with an unreachable database, and requests its health path. The status codes 404
 * and 405 and errors other than 503 count as problems.
 */
export const problemsOfAnswers = async (
  app: string,
  settings: ApplicationSettings,
  owns: Scratch["owns"],
): Promise<readonly Finding[]> => {
  const { command, healthPath } = settings;
  const [first = "", ...args] = command;
  const port = await freePort();
  const child = spawn(programOf(first), args, {
    cwd: app,
    detached: true,
    env: await environmentOf(app, settings, port),
    stdio: ["ignore", "pipe", "pipe"],
  });
  owns(child);
  const ended = endOf(child);
  try {
    const answer = await Promise.race([ask(`http://127.0.0.1:${port}${healthPath}`), ended]);
    return judge(answer, settings, first);
  } finally {
    stop(child);
    await ended;
  }
};

/** Returns the program of a command. If the path is absolute, returns a program of the same name on this machine. */
const programOf = (first: string): string => {
  if (!first.startsWith("/")) return first.startsWith("./") ? first : `./${first}`;
  return existsSync(first) ? first : basename(first);
};

/** Describes how the process ended. */
interface End {
  readonly output: string;
  /** True if the program is not installed on this machine. */
  readonly missing: boolean;
}

/**
 * Returns the status code of the response. If the process ends before it responds, returns how it ended. Returns `undefined` after the
 * time limit.
 */
type Answer = number | End | undefined;

function judge(answer: Answer, settings: ApplicationSettings, first: string): readonly Finding[] {
  if (typeof answer === "number") return judgeStatus(answer, settings);
  if (answer !== undefined) return [judgeEnd(answer, settings, first)];
  return [
    problem(
      `${settings.healthPath}: no answer within ${startSeconds} s after \`${settings.command.join(" ")}\``,
      "listen on HOST and PORT (or on the socket in LISTEN_FDS), and answer without waiting for the database",
    ),
  ];
}

function judgeStatus(status: number, { healthPath }: ApplicationSettings): readonly Finding[] {
  if (status === 404 || status === 405)
    return [problem(`${healthPath}: returns ${status}`, "return 200 for this path, or set `application.healthPath`")];
  return status < 500 || status === 503
    ? []
    : [
        problem(
          `${healthPath}: returns ${status} while the database is unavailable`,
          "answer without a database query",
        ),
      ];
}

function judgeEnd({ output, missing }: End, settings: ApplicationSettings, first: string): Finding {
  const { command, healthPath, environment } = settings;
  if (missing)
    return notChecked(
      `whether the application starts and answers ${healthPath}, because ${first} is not installed here`,
    );
  const [, module] = /No module named '([^'.]+)/.exec(output) ?? /No module named ([\w-]+)/.exec(output) ?? [];
  if (module && !Object.keys(environment).includes("PYTHONPATH"))
    return notChecked(
      `whether the application starts and answers ${healthPath}, because the Python module ${module} is not installed here; \`application.packages\` must contain its package`,
    );
  return problem(
    `\`${command.join(" ")}\` ends immediately: ${output || "without any output"}`,
    "run the command in the unpacked release",
  );
}

/** Returns the environment variables of the process, with the addresses of an unreachable database. */
async function environmentOf(app: string, settings: ApplicationSettings, port: number): Promise<NodeJS.ProcessEnv> {
  const away = `127.0.0.1:${await freePort()}`;
  const file = async (name: string, content = "check\n"): Promise<string> => {
    const path = join(app, "..", name);
    await writeFile(path, content);
    return path;
  };
  const secrets = await Promise.all(
    Object.keys(settings.secrets).map(async (name, index) => [`${name}_FILE`, await file(`secret-${index}`)] as const),
  );
  return {
    PATH: process.env["PATH"],
    HOST: "127.0.0.1",
    PORT: String(port),
    DATABASE_WRITE: away,
    DATABASE_READ: away,
    DATABASE_NAME: "app",
    DATABASE_USER: "app",
    DATABASE_PASSWORD_FILE: await file("database-password"),
    DATABASE_CA_FILE: await file("mysql-ca.pem", rootCertificates[0]),
    DATABASE_TLS_NAME: "mysql.internal",
    SITE_DOMAIN: "check.invalid",
    ENVIRONMENT: "check",
    ...settings.environment,
    ...Object.fromEntries(secrets),
  };
}

const ask = async (url: string): Promise<number | undefined> => {
  for (const deadline = Date.now() + startSeconds * 1000; Date.now() < deadline;) {
    try {
      return (await fetch(url, { signal: AbortSignal.timeout(answerMs), redirect: "manual" })).status;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
  return undefined;
};

const endOf = (child: ChildProcess): Promise<End> =>
  new Promise((resolve) => {
    let output = "";
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding("utf8").on("data", (text: string) => (output = (output + text).slice(-4000)));
    child.once("error", (error: NodeJS.ErrnoException) =>
      resolve({ output: error.message, missing: error.code === "ENOENT" }),
    );
    child.once("close", () => resolve({ output: lastLines(output), missing: false }));
  });

/** Kills the process and all its child processes. */
const stop = ({ pid }: ChildProcess): void => {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // Ignores the error, because the process has already ended.
  }
};

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
