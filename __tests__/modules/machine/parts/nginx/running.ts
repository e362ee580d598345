import { readFileSync } from "node:fs";
import { join } from "node:path";
import { secretFilesOf } from "../../../../../modules/derived/secrets.js";
import { nginxPart } from "../../../../../modules/machine/parts/nginx/index.js";
import { ports } from "../../../../../modules/platform/ports.js";
import { exampleConfig } from "../../../../support/config.js";
import { inTemporaryFolder, partOf, writeBelow } from "../../../../support/payload-files.js";
import { runToolBeside } from "../../../../support/tools.js";

/** nginx's part of the example environment's payload, for each TLS mode. */
export const terminate = partOf(nginxPart);
export const passthrough = partOf(nginxPart, exampleConfig({ tls: "passthrough" }));
export const bothModes = [
  ["terminate", terminate],
  ["passthrough", passthrough],
] as const;

/** Options of {@link inNetwork}. */
export interface NetworkProps {
  /** Changes the text of each file. @default - none */
  readonly change?: (text: string) => string;
  /** Key type of the origin certificate, as an argument of `openssl req -newkey`. @default - ECDSA P-256 */
  readonly key?: string;
}

/** Content of the file with two accepted edge tokens, as during a rotation. */
const edgeTokens = secretFilesOf(exampleConfig(), { roles: ["web"] })
  .shared.find(({ path }) => path.endsWith("/edge-token.conf"))
  ?.content(() => `${"0".repeat(64)}|${"a".repeat(64)}`) as string;

const own = (name: string): string => readFileSync(new URL(`./${name}`, import.meta.url), "utf8");

/**
 * Starts nginx in its own network namespace with its own host name, fake secrets and a fake application. The configuration uses a temporary
 * folder. Then runs a script, which may use the functions of network.sh.
 * @returns the output of the script
 */
export const inNetwork = (
  part: typeof terminate,
  script: string,
  { change = (text) => text, key = "" }: NetworkProps = {},
): Promise<string> =>
  inTemporaryFolder(async (folder) => {
    const moved = (part.files ?? []).map(({ path, content }) => ({
      path,
      content: change(content)
        .replaceAll("/etc/nginx", join(folder, "etc/nginx"))
        .replaceAll("/var/log/nginx", folder)
        .replaceAll("/opt/app/current", join(folder, "current"))
        .replaceAll("/run/in-service", join(folder, "in-service"))
        .replaceAll("/run/nginx.pid", join(folder, "nginx.pid")),
    }));
    writeBelow(folder, [
      ...moved,
      { path: "in-service", content: "" },
      { path: "passthrough", content: part === passthrough ? "yes" : "" },
      { path: "etc/nginx/secrets/edge-token.conf", content: edgeTokens },
      { path: "etc/nginx/tls/placeholder", content: "" },
      // The Debian package of nginx contains mime.types.
      { path: "etc/nginx/mime.types", content: readFileSync("/etc/nginx/mime.types", "utf8") },
      { path: "application.mjs", content: own("application.mjs") },
      {
        path: "setup.sh",
        content: `key="${key}" port="${ports.application}" health_port="${ports.applicationHealth}"\n${own("network.sh")}${script}`,
      },
    ]);
    const { output } = await runToolBeside("unshare", ["-nu", "bash", join(folder, "setup.sh"), folder]);
    return output.trim();
  });

export const linesOf = (output: string): string[] => output.split("\n");

/** Options of tests that mostly wait for nginx. The tests run concurrently, with a time limit for a busy machine. */
export const besideEachOther = { concurrent: true, timeout: 300_000 } as const;
