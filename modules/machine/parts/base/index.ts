import { paths } from "../../../platform/paths.js";
import { readStatic } from "../../part/templates.js";
import type { PayloadPart } from "../../part/part.js";

const file = (name: string): URL => new URL(`./files/${name}`, import.meta.url);

/**
 * Returns the part with three programs. `server-setup` sets up all parts and retries failed parts. `policy-rc.d`
 * prevents packages from starting services during the setup. `server-watch` runs the checks of all parts every minute.
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
