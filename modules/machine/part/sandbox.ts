import type { PayloadFile } from "./part.js";
import { renderTemplate } from "./templates.js";

/** What a service needs of the system besides its own files and the network. */
export interface SandboxProps {
  /** Unit that the sandbox is for, "nginx.service". */
  readonly unit: string;
  /** What its master is root for, in words. */
  readonly why: string;
  /** Root's powers that it keeps, without CAP_. */
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
