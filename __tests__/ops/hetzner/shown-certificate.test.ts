import { X509Certificate } from "node:crypto";
import { createServer as createPlainServer, Socket } from "node:net";
import { createSecureContext, createServer } from "node:tls";
import { expect, it, onTestFinished, vi } from "vitest";
import { fingerprintAt } from "../../../ops/hetzner/shown-certificate.js";
import { makeCertificate } from "../../examples/guestbook/support/certificate.js";
import { portOf } from "../../support/listening.js";

it("the certificate check of a server returns the fingerprint of the certificate for the requested host name, regardless of the issuer", async () => {
  const [site, other] = [makeCertificate("www.foobar.com"), makeCertificate("other.foobar.com")];
  const ofSite = createSecureContext({ cert: site.certificate, key: site.key });
  const port = await portOf(
    createServer({
      cert: other.certificate,
      key: other.key,
      SNICallback: (name, done) => done(null, name === "www.foobar.com" ? ofSite : undefined),
    }),
  );
  const shown = (host: string) => fingerprintAt({ address: "127.0.0.1", port, host });
  expect(await shown("www.foobar.com")).toBe(new X509Certificate(site.certificate).fingerprint256);
  expect(await shown("foobar.com")).toBe(new X509Certificate(other.certificate).fingerprint256);
});

it("the certificate check of a server returns undefined if no program listens or answers", async () => {
  const waits = vi.spyOn(Socket.prototype, "setTimeout").mockImplementation(function (this: Socket, ms, done) {
    expect(ms).toBeLessThanOrEqual(10_000);
    if (done) setTimeout(done, 50);
    return this;
  });
  onTestFinished(() => waits.mockRestore());
  const port = await portOf(createPlainServer((socket) => onTestFinished(() => void socket.destroy())));
  for (const each of [port, 1])
    expect(await fingerprintAt({ address: "127.0.0.1", port: each, host: "www.foobar.com" })).toBeUndefined();
});
