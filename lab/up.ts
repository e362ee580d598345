import { siteHosts } from "../modules/platform/names.js";
import { baseSystem } from "./base/base-system.js";
import { type Blueprint, drawUp, machinesOf, wantedPackages } from "./blueprint.js";
import type { LabOverrides } from "./environment.js";
import type { Layout } from "./layout.js";
import type { Machine } from "./machine/machine.js";
import { configure, createFabric, plugIn } from "./network/fabric.js";
import { providerFirewallOf, setProviderFirewall } from "./network/provider-firewall.js";
import { localPackages } from "./packages/local-packages.js";
import { packageRepository } from "./packages/package-repository.js";
import { otherHosts, startServices } from "./services.js";
import { saveSettings } from "./settings.js";
import { waitFor } from "./system/shell.js";
import { Visitor } from "./visitor.js";

/** One step of bringing the lab up. Every step may be run again. */
export interface Step {
  readonly title: string;
  /** Does the step; what it returns is worth showing. */
  readonly run: () => Promise<string | undefined>;
}

/** Seconds a machine may take for its first boot. */
const firstBootSeconds = 900;

const powerOn = "power on";

/** The steps that make everything around the machines. On a running lab they put in force what the tree says now. */
export function surroundingSteps(layout: Layout, overrides: LabOverrides): Step[] {
  const steps = upSteps(layout, overrides);
  return steps.slice(
    0,
    steps.findIndex(({ title }) => title === powerOn),
  );
}

/** The steps from nothing to a working site, in order. */
export function upSteps(layout: Layout, overrides: LabOverrides): Step[] {
  let blueprint: Blueprint;
  let base: Awaited<ReturnType<typeof baseSystem>>;
  let www: string;
  let machines: Machine[];
  const steps: Record<string, Step["run"]> = {
    "keys, secrets and payload": async () => {
      blueprint = await drawUp(layout, overrides);
      return `${blueprint.environment.servers.length} servers, tls ${blueprint.environment.config.tls}`;
    },
    "base system": async () => {
      base = await baseSystem(layout.cache, blueprint.publicCa.certificate);
      await saveSettings(layout, { overrides, baseRoot: base.root });
      return base.key;
    },
    "package repository": async () => {
      const key = blueprint.repositoryKey;
      const wanted = wantedPackages(blueprint);
      www = await packageRepository({
        cache: layout.cache,
        base,
        wanted,
        key,
        localPackages: await localPackages(layout.cache),
      });
      return `${wanted.packages.length} packages named by the payload`;
    },
    network: async () => {
      const { network } = blueprint.environment;
      await createFabric(network);
      await setProviderFirewall(await providerFirewallOf(blueprint.environment));
      for (const host of otherHosts(blueprint)) {
        await plugIn(host);
        await configure(host, network);
      }
      return undefined;
    },
    "names, internet, balancer, edge": async () => {
      await startServices(layout, blueprint, www);
      return undefined;
    },
    [powerOn]: async () => {
      machines = machinesOf(layout, blueprint, base.root);
      for (const machine of machines) await machine.start();
      return machines.map(({ name }) => name).join(", ");
    },
    "cloud-init": async () => {
      await Promise.all(machines.map(finishCloudInit));
      return "done on every machine";
    },
    "servers set themselves up": async () => {
      await Promise.all(machines.map((machine) => machine.waitForSetup(firstBootSeconds)));
      return undefined;
    },
    "the site answers": async () => {
      const { config } = blueprint.environment;
      const url = `https://${siteHosts(config)[0]}${config.application.pagePath}`;
      const visitor = new Visitor(blueprint.publicCa.certificate);
      await waitFor(url, async (see) => see(await visitor.tryCurl("--fail", url)).ok, {
        timeoutSeconds: 180,
        pauseSeconds: 0.5,
      });
      return url;
    },
  };
  return Object.entries(steps).map(([title, run]) => ({ title, run }));
}

/** @throws when cloud-init ended with an error or a mere warning */
async function finishCloudInit(machine: Machine): Promise<void> {
  const { status, errors, recoverable } = await machine.waitForCloudInit(firstBootSeconds);
  const messages = [...errors, ...Object.values(recoverable).flat()].map((message) => `  ${message}`);
  if (status === "done" && messages.length === 0) return;
  throw new Error(
    `${machine.name}: cloud-init ended with status ${status}\n${messages.join("\n")}\n` +
      `see: npm run lab shell ${machine.name} -- cat /var/log/cloud-init-output.log`,
  );
}
