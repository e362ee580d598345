import type { PayloadFile } from "./part.js";
import { renderTemplate } from "./templates.js";

/** Properties of {@link sandbox}: what a service needs of the system besides its own files and the network. */
export interface SandboxProps {
  /** Unit that the sandbox is for, "nginx.service". */
  readonly unit: string;
  /** Why its master process runs as root, in words that follow "The master is root:". */
  readonly why: string;
  /** Capabilities that it keeps, without the prefix CAP_. */
  readonly capabilities: readonly string[];
  /** Paths it may write to. */
  readonly writable: readonly string[];
  /** System calls besides systemd's @system-service. @default none */
  readonly systemCalls?: readonly string[];
}

const template = new URL("files/sandbox.conf.hbs", import.meta.url);

/** The sandbox of a service that faces the network: a drop-in of its vendor's unit. */
export const sandbox = ({ unit, systemCalls = [], ...props }: SandboxProps): PayloadFile => ({
  path: `/etc/systemd/system/${unit}.d/sandbox.conf`,
  content: renderTemplate(template, { ...props, systemCalls }),
});
