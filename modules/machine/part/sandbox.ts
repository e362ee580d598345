import type { PayloadFile } from "./part.js";
import { renderTemplate } from "./templates.js";

/** Properties of {@link sandbox}: the system resources that a service needs in addition to its own files and the network. */
export interface SandboxProps {
  /** systemd unit that gets the sandbox, such as "nginx.service". */
  readonly unit: string;
  /** Reason why the master process runs as root. The text completes the sentence "The master process runs as root". */
  readonly why: string;
  /** Linux capabilities that the service keeps, without the prefix CAP_. */
  readonly capabilities: readonly string[];
  /** Folders and files to which the service may write. */
  readonly writable: readonly string[];
  /** System calls that are allowed in addition to systemd's set @system-service. @default none */
  readonly systemCalls?: readonly string[];
}

const template = new URL("files/sandbox.conf.hbs", import.meta.url);

/** Returns a systemd drop-in that restricts a network service of a Debian or vendor package. */
export const sandbox = ({ unit, systemCalls = [], ...props }: SandboxProps): PayloadFile => ({
  path: `/etc/systemd/system/${unit}.d/sandbox.conf`,
  content: renderTemplate(template, { ...props, systemCalls }),
});
