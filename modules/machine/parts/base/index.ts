import { paths } from "../../../platform/paths.js";
import { readStatic } from "../../part/templates.js";
import type { PayloadPart } from "../../part/part.js";

const file = (name: string): URL => new URL(`./files/${name}`, import.meta.url);

/** `server-setup`, which sets all parts up and repeats what fails, and what keeps packages from starting anything meanwhile. */
export const basePart = (): PayloadPart => ({
  name: "base",
  files: [
    { path: paths.setup.script, permissions: "0755", content: readStatic(file("server-setup")) },
    { path: `/etc/systemd/system/${paths.setup.unit}`, content: readStatic(file("server-setup.service")) },
    { path: "/usr/sbin/policy-rc.d", permissions: "0755", content: readStatic(file("policy-rc.d")) },
  ],
});
