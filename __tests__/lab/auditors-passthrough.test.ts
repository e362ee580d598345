import { beforeAll, describe, expect, it } from "vitest";
import type { Lab } from "../../lab/lab.js";
import { hasTool } from "../support/tools.js";
import { acceptedByGixy, acceptedByTestssl } from "./support/accepted-findings.js";
import { compared, gixy, nothing } from "./support/auditors.js";
import { labInMode } from "./support/lab-in-mode.js";
import { testsslOfBalancer } from "./support/testssl.js";

/** TLS is nginx's own in this mode only: in the other it is that of the balancer's stand-in, which says nothing of Hetzner's. */

let lab: Lab;
beforeAll(async () => {
  lab = await labInMode("passthrough");
});

describe.runIf(hasTool("testssl", "nginx's TLS"))("testssl.sh", () => {
  it("finds nothing in nginx's TLS but what is accepted", async () => {
    expect(compared(await testsslOfBalancer(lab), acceptedByTestssl.nginx)).toEqual(nothing);
  });
});

describe.runIf(hasTool("gixy", "nginx's configuration (passthrough)"))("gixy", () => {
  it("finds nothing in nginx's configuration but what is accepted", async () => {
    expect(compared(await gixy(lab.machine("alpha")), acceptedByGixy.passthrough)).toEqual(nothing);
  });
});
