import { beforeAll, describe, expect, it } from "vitest";
import type { KeyPair } from "../../lab/keys/certificates.js";
import type { Lab } from "../../lab/lab.js";
import { edgeTokenHeader } from "../../modules/platform/names.js";
import { ports } from "../../modules/platform/ports.js";
import { Capture } from "./support/capture.js";
import { labInMode } from "./support/lab-in-mode.js";
import { pastTheEdge, visitorRules } from "./support/visitor-rules.js";
import { visit, write } from "./support/visits.js";

let lab: Lab;
beforeAll(async () => {
  lab = await labInMode("passthrough");
});

const withCertificate = (family: "ipv4" | "ipv6", { certificate, key }: KeyPair): string[] => [
  ...pastTheEdge(lab, family),
  ...["--cert", certificate, "--key", key],
];

describe("a visitor", () => {
  visitorRules(
    () => lab,
    () => withCertificate("ipv4", lab.blueprint.credentials.originPull),
  );
});

describe.each(["ipv4", "ipv6"] as const)("a direct request to the balancer over %s", (family) => {
  /**
   * Checks that the connection ends without a response. In this case, curl exits with 52, or with 56 if the connection ends before curl
   * has sent the request.
   */
  const expectNothing = async (...args: readonly string[]): Promise<void> => {
    const { exitCode, stdout } = await lab.visitor.tryCurl(...args, lab.url());
    expect([52, 56]).toContain(exitCode);
    expect(stdout).toBe("");
  };

  it("a direct request to the load balancer gets no response without the edge's client certificate, even with the secret header", async () => {
    const secret = `${edgeTokenHeader}: ${lab.blueprint.credentials.edgeToken}`;
    await expectNothing(...pastTheEdge(lab, family), "--header", secret);
  });

  it("a direct request to the load balancer gets no response with a client certificate of another authority", async () => {
    await expectNothing(...withCertificate(family, lab.blueprint.credentials.origin));
  });

  it("a direct request to the load balancer gets the page with the edge's client certificate, so only the certificate protects the origin", async () => {
    const own = withCertificate(family, lab.blueprint.credentials.originPull);
    expect((await visit(lab, ...own, lab.url())).status).toBe(200);
  });
});

describe("a visitor's text", () => {
  it("in passthrough mode, a visitor's text never appears unencrypted on the private network", async () => {
    const marker = `marker-${Date.now()}`;
    const [everything, web] = await Capture.during(() => write(lab, marker), "tcp", `tcp port ${ports.nginxHttps}`);
    expect(web?.packets).toBeGreaterThan(5);
    expect(everything?.packets).toBeGreaterThan(web?.packets ?? Infinity);
    expect(everything?.shows(marker)).toBe(false);
  });
});
