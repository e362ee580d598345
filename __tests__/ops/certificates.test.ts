import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { readFileSync, utimesSync } from "node:fs";
import { createServer as createPlainServer, Socket, type AddressInfo } from "node:net";
import { join } from "node:path";
import { createSecureContext, createServer } from "node:tls";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { fingerprintAt } from "../../ops/hetzner/shown-certificate.js";
import { makeCertificate } from "../examples/guestbook/support/certificate.js";
import { temporaryFolder, writeBelow } from "../support/payload-files.js";
import { hasTool, runTool } from "../support/tools.js";

describe("the certificate that somebody shows", () => {
  const listening = async (server: ReturnType<typeof createPlainServer>): Promise<number> => {
    onTestFinished(() => void server.close());
    await once(server.listen(0, "127.0.0.1"), "listening");
    return (server.address() as AddressInfo).port;
  };

  it("is that of the name which is asked for, whoever has issued it", async () => {
    const [site, other] = [makeCertificate("www.foobar.com"), makeCertificate("other.foobar.com")];
    const contexts = new Map(
      Object.entries({ "www.foobar.com": site }).map(([name, { certificate: cert, key }]) => [
        name,
        createSecureContext({ cert, key }),
      ]),
    );
    const port = await listening(
      createServer({
        cert: other.certificate,
        key: other.key,
        SNICallback: (name, done) => done(null, contexts.get(name)),
      }),
    );
    const shown = (host: string) => fingerprintAt({ address: "127.0.0.1", port, host });
    expect(await shown("www.foobar.com")).toBe(new X509Certificate(site.certificate).fingerprint256);
    expect(await shown("foobar.com")).toBe(new X509Certificate(other.certificate).fingerprint256);
  });

  it("is none where nobody listens, and where somebody listens and says nothing", async () => {
    const waits = vi.spyOn(Socket.prototype, "setTimeout").mockImplementation(function (this: Socket, ms, done) {
      expect(ms).toBeLessThanOrEqual(10_000);
      if (done) setTimeout(done, 50);
      return this;
    });
    onTestFinished(() => waits.mockRestore());
    const port = await listening(createPlainServer((socket) => onTestFinished(() => void socket.destroy())));
    for (const each of [port, 1])
      expect(await fingerprintAt({ address: "127.0.0.1", port: each, host: "www.foobar.com" })).toBeUndefined();
  });
});

describe.runIf(hasTool("python3", "whether nginx has taken up a certificate"))("a certificate on a web server", () => {
  const program = readFileSync("ops/commands/rotations/files/taken-up.py", "utf8");

  /** A worker of nginx: seconds after the certificate was written at which it began. */
  interface Worker {
    readonly after: number;
    /** @default - it takes connections */
    readonly isShuttingDown?: boolean;
    readonly parent?: number;
  }

  const missing = (workers: readonly Worker[], wanted = "new"): string => {
    const folder = temporaryFolder();
    // Written a hundred seconds ago, when the kernel had run for 900.
    const ticks = (after: number): number => (900 + after) * 100;
    const stat = ({ after, parent = 10 }: Worker, number: number): string =>
      [number, "(nginx: a (b) c) S", parent, ...Array.from({ length: 17 }, () => 0), ticks(after), 0].join(" ");
    writeBelow(folder, [
      { path: "certificate.pem", content: "new" },
      { path: "nginx.pid", content: "10\n" },
      { path: "proc/uptime", content: "1000.00 1.00\n" },
      ...workers.flatMap((worker, index) => [
        { path: `proc/${20 + index}/stat`, content: stat(worker, 20 + index) },
        {
          path: `proc/${20 + index}/cmdline`,
          content: `nginx: worker process${worker.isShuttingDown ? " is shutting down" : ""}`,
        },
      ]),
    ]);
    const written = Date.now() / 1000 - 100;
    utimesSync(join(folder, "certificate.pem"), written, written);
    const moved = program.replaceAll('"/proc', `"${folder}/proc`);
    const args = ["-I", "-c", moved, join(folder, "certificate.pem"), join(folder, "nginx.pid")];
    return runTool("python3", args, wanted).output.trim();
  };
  const notYet = "nginx has not taken up the certificate; read: journalctl -u nginx";

  it.each<[string, readonly Worker[], string]>([
    ["all that take connections began after it was written", [{ after: 2 }, { after: 3 }], ""],
    ["an old one ends its last connections", [{ after: 2 }, { after: -500, isShuttingDown: true }], ""],
    ["one of them is older", [{ after: 2 }, { after: -500 }], notYet],
    ["all of them are older, as after a reload that failed", [{ after: -500 }], notYet],
    ["it has none, and those of others are no matter", [{ after: 2, parent: 11 }], notYet],
  ])("is taken up by nginx, or not: %s", (_, workers, said) => {
    expect(missing(workers)).toBe(said);
  });

  it("is not taken up where its file holds another", () => {
    expect(missing([{ after: 2 }], "newer")).toBe("its file holds another certificate");
  });
});
