import { siteHosts } from "../modules/platform/names.js";
import { baseSystem } from "./base/base-system.js";
import { type Blueprint, drawUp, machinesOf, wantedPackages } from "./blueprint.js";
import type { LabOverrides } from "./environment.js";
import type { Layout } from "./layout.js";
import type { Machine } from "./machine/machine.js";
import { configure, createFabric, plugIn } from "./network/fabric.js";
import { startDelays } from "./network/locations.js";
import { providerFirewallOf, setProviderFirewall } from "./network/provider-firewall.js";
import { localPackages } from "./packages/local-packages.js";
import { packageRepository } from "./packages/package-repository.js";
import { otherHosts, startServices } from "./services.js";
import { saveSettings } from "./settings.js";
import { waitFor } from "./system/shell.js";
import { Visitor } from "./visitor.js";

/** One step of the start of the lab. A step can run again on a running lab. */
export interface Step {
  readonly title: string;
  /** Runs the step. @returns text that the progress display shows after the title */
  readonly run: () => Promise<string | undefined>;
}

/** Time limit of a machine's first boot in seconds. */
const firstBootSeconds = 900;

/** Results of a step that later steps use. */
interface Prepared {
  blueprint: Blueprint;
  base: Awaited<ReturnType<typeof baseSystem>>;
  /** Directory of the package repository. */
  www: string;
}

/**
 * Returns the steps that create the lab's network and services, without the machines. On a running lab, these steps apply the current
 * tree.
 */
export const surroundingSteps = (layout: Layout, overrides: LabOverrides): Step[] =>
  around(layout, overrides, {} as Prepared);

/** Returns all steps from an empty host to a working site, in order. */
export function upSteps(layout: Layout, overrides: LabOverrides): Step[] {
  const made = {} as Prepared;
  return [...around(layout, overrides, made), ...ofMachines(layout, made)];
}

const stepsOf = (steps: Readonly<Record<string, Step["run"]>>): Step[] =>
  Object.entries(steps).map(([title, run]) => ({ title, run }));

const around = (layout: Layout, overrides: LabOverrides, made: Prepared): Step[] =>
  stepsOf({
    "keys, secrets and payload": async () => {
      made.blueprint = await drawUp(layout, overrides);
      const { servers, config } = made.blueprint.environment;
      return `${servers.length} servers, tls ${config.tls}`;
    },
    "base system": async () => {
      made.base = await baseSystem(layout.cache, made.blueprint.publicCa.certificate);
      await saveSettings(layout, { overrides, baseRoot: made.base.root });
      return made.base.key;
    },
    "package repository": async () => {
      const wanted = wantedPackages(made.blueprint);
      made.www = await packageRepository({
        cache: layout.cache,
        base: made.base,
        wanted,
        key: made.blueprint.repositoryKey,
        localPackages: await localPackages(layout.cache),
      });
      return `${wanted.packages.length} packages in the payload`;
    },
    network: async () => {
      const { environment } = made.blueprint;
      await createFabric(environment.network);
      await setProviderFirewall(await providerFirewallOf(environment));
      for (const host of otherHosts(made.blueprint)) {
        await plugIn(host);
        await configure(host, environment.network);
      }
      await startDelays(layout, environment.located);
      return undefined;
    },
    "names, internet, balancer, edge": async () => {
      await startServices(layout, made.blueprint, made.www);
      return undefined;
    },
  });

function ofMachines(layout: Layout, made: Prepared): Step[] {
  let machines: readonly Machine[];
  return stepsOf({
    "power on": async () => {
      machines = machinesOf(layout, made.blueprint, made.base.root);
      for (const machine of machines) await machine.start();
      return machines.map(({ name }) => name).join(", ");
    },
    "cloud-init": async () => {
      await Promise.all(machines.map(finishCloudInit));
      return "done on every machine";
    },
    "server setup": async () => {
      await Promise.all(machines.map((machine) => machine.waitForSetup(firstBootSeconds)));
      return undefined;
    },
    "the site responds": async () => {
      const { config } = made.blueprint.environment;
      const url = `https://${siteHosts(config)[0]}${config.application.pagePath}`;
      const visitor = new Visitor(made.blueprint.publicCa.certificate);
      await waitFor(url, async (see) => see(await visitor.tryCurl("--fail", url)).ok, {
        timeoutSeconds: 180,
        pauseSeconds: 0.5,
      });
      return url;
    },
  });
}

/** Waits until cloud-init has finished. @throws if cloud-init ended with an error or a warning */
async function finishCloudInit(machine: Machine): Promise<void> {
  const { status, errors, recoverable } = await machine.waitForCloudInit(firstBootSeconds);
  const messages = [...errors, ...Object.values(recoverable).flat()].map((message) => `  ${message}`);
  if (status === "done" && messages.length === 0) return;
  throw new Error(
    `${machine.name}: cloud-init ended with status ${status}\n${messages.join("\n")}\n` +
      `see: npm run lab shell ${machine.name} -- cat /var/log/cloud-init-output.log`,
  );
}
