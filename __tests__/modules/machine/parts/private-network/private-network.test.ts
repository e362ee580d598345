import { join } from "node:path";
import { expect, it } from "vitest";
import { privateNetworkPart } from "../../../../../modules/machine/parts/private-network/index.js";
import { temporaryFolder, writeBelow } from "../../../../support/payload-files.js";
import { hasToolInNetwork, runTool } from "../../../../support/tools.js";

const { setup = "", check } = privateNetworkPart();

it.runIf(hasToolInNetwork("ip", "the detection of a missing private address", "-nu")).each([
  ["on an interface", "10.0.1.11", []],
  [
    "missing although the address of a neighbour exists",
    "10.0.1.1",
    [/^The private address 10\.0\.1\.11 is on no interface: /],
  ],
] as const)(
  "the setup of a server waits for the private address and reports a missing address: the address is %s",
  (_, configured, said) => {
    const folder = temporaryFolder();
    writeBelow(folder, [
      { path: "own-address.nft", content: "# The address.\ndefine own_address = 10.0.1.11\n" },
      { path: "setup", content: setup.replace("/etc/nftables/", `${folder}/`) },
    ]);
    const script = `ip address add ${configured}/32 dev lo; sh ${join(folder, "setup")}`;
    const { status, output } = runTool("unshare", ["-nu", "sh", "-c", script]);
    expect({ status, lines: output.split("\n").slice(0, -1) }).toEqual({
      status: said.length,
      lines: said.map((words) => expect.stringMatching(words) as string),
    });
  },
);

it("the check of the private address uses the same script as the setup", () => {
  expect(check).toBe(setup);
});
