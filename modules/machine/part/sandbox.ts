import type { PayloadFile } from "./part.js";
import { renderTemplate } from "./templates.js";

/** Properties of {@link sandbox}: the system resources that a service needs besides its own files and the network. */
export interface SandboxProps {
  /** Unit with the sandbox, such as "nginx.service". */
  readonly unit: string;
  /** Why its master process runs as root; completes "The master runs as root". */
  readonly why: string;
  /** Capabilities that the service keeps, without the prefix CAP_. */
  readonly capabilities: readonly string[];
  /** Paths that the service may write. */
  readonly writable: readonly string[];
  /** System calls in addition to systemd's @system-service. @default none */
  readonly systemCalls?: readonly string[];
}

const template = new URL("files/sandbox.conf.hbs", import.meta.url);

/** Sandbox of a network service, as a drop-in for its vendor's unit. */
export const sandbox = ({ unit, systemCalls = [], ...props }: SandboxProps): PayloadFile => ({
  path: `/etc/systemd/system/${unit}.d/sandbox.conf`,
  content: renderTemplate(template, { ...props, systemCalls }),
});
