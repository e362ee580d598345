import { type Invocation, loadEnvironment } from "../modules/config/load.js";
import type { Direction, OpenProps, Site } from "./core/site.js";

/**
 * Connects to the selected environment. @throws Error if the environment cannot be reached; the message names the setting or command that
 * helps
 */
export async function openSite({ environment, terraform }: Invocation, props: OpenProps = {}): Promise<Site> {
  if (environment === "lab") {
    const { labSite } = await import("./lab/site.js");
    return labSite();
  }
  const { hetznerSite, keepPrivate } = await import("./hetzner/site.js");
  const config = await loadEnvironment(environment);
  await keepPrivate(config);
  return hetznerSite(config, terraform, props);
}

/** Opens the DNS records of the environment, to direct visitors to its load balancers. @throws Error if a token is missing */
export async function openDirection({ environment }: Invocation): Promise<Direction> {
  if (environment === "lab") {
    const { LabDirection } = await import("./lab/direction.js");
    return new LabDirection();
  }
  const { directionOf } = await import("./hetzner/site.js");
  return directionOf(await loadEnvironment(environment), process.env);
}
