import { beforeAll, describe, expect, it } from "vitest";
import type { Lab } from "../../lab/lab.js";
import { edgeTokenHeader } from "../../modules/platform/names.js";
import { ports } from "../../modules/platform/ports.js";
import { Capture } from "./support/capture.js";
import { labInMode } from "./support/lab-in-mode.js";
import { pastTheEdge, visitorRules } from "./support/visitor-rules.js";
import { visit, write } from "./support/visits.js";

let lab: Lab;
beforeAll(async () => {
  lab = await labInMode("terminate");
});

const withSecret = (family: "ipv4" | "ipv6"): string[] => [
  ...pastTheEdge(lab, family),
  "--header",
  `${edgeTokenHeader}: ${lab.blueprint.credentials.edgeToken}`,
];

describe("a visitor", () => {
  visitorRules(
    () => lab,
    () => withSecret("ipv4"),
  );
});

describe.each(["ipv4", "ipv6"] as const)("a direct request to the balancer over %s", (family) => {
  it("a direct request to the load balancer is rejected without the edge's secret", async () => {
    expect((await visit(lab, ...pastTheEdge(lab, family), lab.url())).status).toBe(403);
  });

  it("a direct request to the load balancer is rejected with a wrong secret", async () => {
    const guess = `${edgeTokenHeader}: ${"0".repeat(32)}`;
    expect((await visit(lab, ...pastTheEdge(lab, family), "--header", guess, lab.url())).status).toBe(403);
  });

  it("a direct request to the load balancer gets the page with the edge's secret, so only the secret protects the origin", async () => {
    expect((await visit(lab, ...withSecret(family), lab.url())).status).toBe(200);
  });
});

describe("a visitor's text", () => {
  it("in terminate mode, a visitor's text appears unencrypted between load balancer and server, but never in MySQL's traffic", async () => {
    const marker = `marker-${Date.now()}`;
    const [web, database] = await Capture.during(
      () => write(lab, marker),
      `tcp port ${ports.nginxHttp}`,
      `tcp port ${ports.mysql} or tcp port ${ports.mysqlGroup}`,
    );
    expect(web?.shows(marker)).toBe(true);
    expect(database?.packets).toBeGreaterThan(10);
    expect(database?.shows(marker)).toBe(false);
  });
});
