import type { KnownMistakes, Mutation } from "../mutation.js";
import { nginx } from "./nginx.js";
import { haproxy } from "./haproxy.js";
import { mysql } from "./mysql.js";
import { release } from "./release.js";
import { application } from "./application.js";
import { hardening } from "./hardening.js";
import { hostFirewall } from "./host-firewall.js";
import { datadogAgent } from "./datadog-agent.js";
import { privateNetwork } from "./private-network.js";
import { base } from "./base.js";
import { backup } from "./backup.js";

const parts: Readonly<Record<string, KnownMistakes>> = {
  nginx,
  haproxy,
  mysql,
  release,
  application,
  hardening,
  "host-firewall": hostFirewall,
  "datadog-agent": datadogAgent,
  "private-network": privateNetwork,
  base,
  backup,
};

/** Mistakes in the files of servers that a hurried reader would overlook. Each is an example of its kind. Add those that got past the tests. */
export const knownMutations: readonly Mutation[] = Object.entries(parts).flatMap(([part, files]) =>
  Object.entries(files).flatMap(([file, mistakes]) =>
    mistakes.map(([from, to, harm]) => ({ file: `modules/machine/parts/${part}/files/${file}`, from, to, harm })),
  ),
);
