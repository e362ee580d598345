import { readStatic } from "../../part/templates.js";
import type { PayloadPart } from "../../part/part.js";

const policy = "/usr/sbin/policy-rc.d";

/**
 * Packages are installed without starting anything: their services start once, in order, when every file and secret is there.
 * The policy goes away as soon as packages are in, so that later upgrades restart services as usual.
 */
export const basePart = (): PayloadPart => ({
  files: [{ path: policy, permissions: "0755", content: readStatic(new URL("./files/policy-rc.d", import.meta.url)) }],
  commands: [["rm", "-f", policy]],
});
