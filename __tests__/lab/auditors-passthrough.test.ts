import { beforeAll, describe, expect, it } from "vitest";
import type { Lab } from "../../lab/lab.js";
import { hasTool } from "../support/tools.js";
import { acceptedByGixy, acceptedByTestssl } from "./support/accepted-findings.js";
import { compared, gixy, nothing } from "./support/auditors.js";
import { labInMode } from "./support/lab-in-mode.js";
import { testsslOfBalancer } from "./support/testssl.js";

/**
 * The audit of TLS needs the mode `passthrough`, in which nginx terminates TLS. In the mode `terminate`, the lab's load balancer
 * terminates TLS, so an audit would not test Hetzner's load balancer.
 */

let lab: Lab;
beforeAll(async () => {
  lab = await labInMode("passthrough");
});

describe.runIf(hasTool("testssl", "nginx's TLS"))("testssl.sh", () => {
  it("testssl.sh reports no TLS issue of nginx except the accepted issues", async () => {
    expect(compared(await testsslOfBalancer(lab), acceptedByTestssl.nginx)).toEqual(nothing);
  });
});

describe.runIf(hasTool("gixy", "nginx's configuration (passthrough)"))("gixy", () => {
  it("gixy reports no issue of nginx's configuration for TLS passthrough except the accepted issues", async () => {
    expect(compared(await gixy(lab.machine("alpha")), acceptedByGixy.passthrough)).toEqual(nothing);
  });
});
