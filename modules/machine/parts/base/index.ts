import { paths } from "../../../platform/paths.js";
import { readStatic } from "../../part/templates.js";
import type { PayloadPart } from "../../part/part.js";

const file = (name: string): URL => new URL(`./files/${name}`, import.meta.url);

/**
 * `server-setup` sets up all parts and retries failures; a policy keeps packages from starting services during setup. `server-watch` runs
 * the parts' checks every minute once the server is set up.
 */
export const basePart = (): PayloadPart => ({
  name: "base",
  files: [
    { path: paths.setup.script, permissions: "0755", content: readStatic(file("server-setup")) },
    { path: `/etc/systemd/system/${paths.setup.unit}`, content: readStatic(file("server-setup.service")) },
    { path: `${paths.scripts}/server-watch`, permissions: "0755", content: readStatic(file("server-watch")) },
    ...["server-watch.service", "server-watch.timer"].map((unit) => ({
      path: `/etc/systemd/system/${unit}`,
      content: readStatic(file(unit)),
    })),
    { path: "/usr/sbin/policy-rc.d", permissions: "0755", content: readStatic(file("policy-rc.d")) },
  ],
  setup: readStatic(file("setup-base")),
});
