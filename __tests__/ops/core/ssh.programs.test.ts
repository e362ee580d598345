import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { waitUntil } from "../../../ops/core/shell.js";
import type { Login, Ssh } from "../../../ops/core/ssh.js";
import { inTemporaryFolder } from "../../support/payload-files.js";
import { hasTool, isRoot, runTool } from "../../support/tools.js";
import { sshIn } from "../support/ssh.js";

const freePort = (): Promise<number> =>
  new Promise((done) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => done(port));
    });
  });

/** Creates an SSH key. Returns the path of its file, and its public key in the format of the server outputs. */
function keyIn(folder: string, name: string): { readonly file: string; readonly line: string } {
  const file = join(folder, name);
  runTool("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", file]);
  return { file, line: readFileSync(`${file}.pub`, "utf8").split(" ").slice(0, 2).join(" ") };
}

/** A running SSH server, and a client with a login for this server. */
interface Reached {
  /** Client that trusts the server. */
  readonly ssh: Ssh;
  readonly login: Login;
  /** Public key of another server, which the client does not know. */
  readonly strange: string;
}

/** Runs an OpenSSH server on this machine for the duration of a test. */
const withServer = (use: (reached: Reached) => Promise<void>): Promise<void> =>
  inTemporaryFolder(async (folder) => {
    const [host, person, strange] = [keyIn(folder, "host"), keyIn(folder, "person"), keyIn(folder, "strange")];
    const port = await freePort();
    runTool("mkdir", ["-p", "/run/sshd"]);
    const options = [
      `HostKey=${host.file}`,
      `AuthorizedKeysFile=${person.file}.pub`,
      "ListenAddress=127.0.0.1",
      "PidFile=none",
      "StrictModes=no",
      "UsePAM=no",
    ].flatMap((option) => ["-o", option]);
    const server = spawn("/usr/sbin/sshd", ["-D", "-f", "/dev/null", "-p", `${port}`, ...options], { stdio: "ignore" });
    try {
      const login = { name: "alpha", address: "127.0.0.1", hostKey: host.line };
      // Adds the port of this server to the ssh command.
      const through = ["sh", "-c", `shift; exec ssh -p ${port} "$@"`, "sh"];
      const ssh = sshIn(folder, [login], { through, identityFile: person.file });
      const missing = async () => ((await ssh.tryRun(login, ["true"])).ok ? undefined : "it does not answer");
      await waitUntil("sshd", missing, { limitSeconds: 10, pauseSeconds: 0.1 });
      await use({ ssh, login, strange: strange.line });
    } finally {
      server.kill();
    }
  });

describe.runIf(hasTool("/usr/sbin/sshd", "the check of host keys") && isRoot("the check of host keys"))(
  "a server",
  { concurrent: true },
  () => {
    it("npm run ops trusts a server only by its known SSH host key, and stores no key at a login", () =>
      withServer(async ({ ssh, login, strange }) => {
        for (const hostKey of [strange, ""]) {
          ssh.know([{ name: "alpha", hostKey }]);
          const { reached, stderr } = await ssh.tryRun(login, ["true"]);
          expect({ reached, stderr }).toEqual({
            reached: false,
            stderr: expect.stringContaining("Host key verification failed") as string,
          });
        }
        ssh.know([{ name: "alpha", hostKey: `${strange}\n${login.hostKey}` }]);
        expect(await ssh.tryRun(login, ["true"])).toMatchObject({ ok: true });
        ssh.know([{ name: "bravo", hostKey: login.hostKey }]);
        expect(await ssh.tryRun(login, ["true"])).toMatchObject({ reached: false });
      }));
  },
);
