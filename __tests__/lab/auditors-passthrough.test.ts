import { beforeAll, describe, expect, it } from "vitest";
import type { Lab } from "../../lab/lab.js";
import { hasTool } from "../support/tools.js";
import { acceptedByGixy, acceptedByTestssl } from "./support/accepted-findings.js";
import { compared, gixy, nothing } from "./support/auditors.js";
import { labInMode } from "./support/lab-in-mode.js";
import { testsslOfBalancer } from "./support/testssl.js";

/**
 * nginx terminates TLS only in this mode. In the other mode the emulated balancer does, so a test would not show anything about
 * Hetzner's.
 */

let lab: Lab;
beforeAll(async () => {
  lab = await labInMode("passthrough");
});

describe.runIf(hasTool("testssl", "nginx's TLS"))("testssl.sh", () => {
  it("the audit of nginx's TLS reports only issues that we accept", async () => {
    expect(compared(await testsslOfBalancer(lab), acceptedByTestssl.nginx)).toEqual(nothing);
  });
});

describe.runIf(hasTool("gixy", "nginx's configuration (passthrough)"))("gixy", () => {
  it("the audit of nginx's configuration for passthrough reports only issues that we accept", async () => {
    expect(compared(await gixy(lab.machine("alpha")), acceptedByGixy.passthrough)).toEqual(nothing);
  });
});
