import { beforeAll, describe, expect, it } from "vitest";
import type { KeyPair } from "../../lab/keys/certificates.js";
import type { Lab } from "../../lab/lab.js";
import { edgeTokenHeader } from "../../modules/platform/names.js";
import { ports } from "../../modules/platform/ports.js";
import { Capture } from "./support/capture.js";
import { labInMode } from "./support/lab-in-mode.js";
import { pastTheEdge, visitorRules } from "./support/visitor-rules.js";
import { postNote, visit } from "./support/visits.js";

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

describe.each(["ipv4", "ipv6"] as const)("a direct hit on the balancer over %s", (family) => {
  it("gets nothing without the edge's certificate, whatever header it sends", async () => {
    const secret = `${edgeTokenHeader}: ${lab.blueprint.credentials.edgeToken}`;
    const { status, body } = await visit(lab, ...pastTheEdge(lab, family), "--header", secret, lab.url("/"));
    expect({ status, says: /No required SSL certificate was sent/.test(body) }).toEqual({ status: 400, says: true });
  });

  it("gets nothing with a certificate of another authority", async () => {
    const foreign = withCertificate(family, lab.blueprint.credentials.origin);
    expect((await visit(lab, ...foreign, lab.url("/"))).status).toBe(400);
  });

  it("would get the page with the edge's certificate: nothing but the certificate stops it", async () => {
    const own = withCertificate(family, lab.blueprint.credentials.originPull);
    expect((await visit(lab, ...own, lab.url("/"))).status).toBe(200);
  });
});

describe("a marker that a visitor sends", () => {
  it("is nowhere on the private network", async () => {
    const marker = `marker-${Date.now()}`;
    const [everything, web] = await Capture.during(() => postNote(lab, marker), "tcp", `tcp port ${ports.nginxHttps}`);
    expect(web?.packets).toBeGreaterThan(5);
    expect(everything?.packets).toBeGreaterThan(web?.packets ?? Infinity);
    expect(everything?.shows(marker)).toBe(false);
  });
});
