import { beforeAll, describe, expect, it } from "vitest";
import type { Lab } from "../../lab/lab.js";
import { namespaceOf } from "../../lab/layout.js";
import type { Machine } from "../../lab/machine/machine.js";
import { hasTool } from "../support/tools.js";
import { acceptedByGixy, acceptedByLynis, acceptedBySshAudit, acceptedByTestssl } from "./support/accepted-findings.js";
import { compared, exposure, gixy, lynis, nothing, sshAudit } from "./support/auditors.js";
import { figure } from "./support/figures.js";
import { withFirewallsOpen } from "./support/firewall-bypass.js";
import { labInMode } from "./support/lab-in-mode.js";
import { testsslOfMysql } from "./support/testssl.js";

let lab: Lab;
let machine: Machine;
beforeAll(async () => {
  lab = await labInMode("terminate");
  machine = lab.machine("alpha");
});

describe.runIf(hasTool("ssh-audit", "the ssh server's algorithms"))("ssh-audit", () => {
  it("ssh-audit reports no warning about the SSH server except the accepted warnings", async () => {
    expect(compared(await sshAudit(namespaceOf(machine.name)), acceptedBySshAudit)).toEqual(nothing);
  });
});

describe.runIf(hasTool("testssl", "MySQL's TLS"))("testssl.sh", () => {
  it("testssl.sh reports no TLS issue of MySQL except the accepted issues", async () => {
    const findings = await withFirewallsOpen([machine], () => testsslOfMysql(lab, machine));
    expect(compared(findings, acceptedByTestssl.mysql)).toEqual(nothing);
  });
});

describe.runIf(hasTool("gixy", "nginx's configuration (terminate)"))("gixy", () => {
  it("gixy reports no issue of nginx's configuration for TLS termination except the accepted issues", async () => {
    expect(compared(await gixy(machine), acceptedByGixy.terminate)).toEqual(nothing);
  });
});

describe.runIf(hasTool("lynis", "the machine as a whole"))("lynis", () => {
  it("lynis reports no warning about a server except the accepted warnings, and a hardening index of at least 65", async () => {
    const { warnings, hardeningIndex } = await lynis(machine);
    figure("lynis, hardening index", String(hardeningIndex));
    expect(compared(warnings, acceptedByLynis)).toEqual(nothing);
    expect(hardeningIndex).toBeGreaterThanOrEqual(65);
  });
});

describe("systemd-analyze security", () => {
  it("systemd-analyze reports an exposure level of at most 1.5 (of 10) for the application's service", async () => {
    const level = await exposure(machine, "app.service");
    figure("exposure of app.service", String(level));
    expect(level).toBeLessThanOrEqual(1.5);
  });
});
