import { mkdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { siteHosts } from "../modules/platform/names.js";
import { type Blueprint, drawUp, machineOutside, machinesOf, userDataOf } from "./blueprint.js";
import { takeDown } from "./down.js";
import type { LabOverrides } from "./environment.js";
import { layout, namespaceOf } from "./layout.js";
import { sendLoad, type LoadProps, type LoadResult } from "./load/load.js";
import { type Machine, machinesMade } from "./machine/machine.js";
import { publish } from "./releases.js";
import { loadSettings } from "./settings.js";
import { type LabStatus, statusOf } from "./status.js";
import { requireLabHost } from "./requirements.js";
import { run, tryRun, type RunOptions, type RunResult } from "./system/shell.js";
import { upSteps } from "./up.js";
import { Visitor } from "./visitor.js";

/**
 * A running lab. Both the command line and the lab tests use this class.
 *
 * ```ts
 * const lab = await Lab.up({});
 * await lab.machine("alpha").kill();
 * await lab.visitor.curl("--fail", lab.url());
 * const { failed, gaps } = await lab.load({ url: lab.url(), ratePerSecond: 50, seconds: 20 });
 * await lab.down();
 * ```
 */
export class Lab {
  /** Client that sends requests to the site like an external visitor. */
  readonly visitor: Visitor;

  /** Paths of the lab's directories. */
  readonly layout = layout;

  private constructor(
    readonly blueprint: Blueprint,
    readonly machines: readonly Machine[],
  ) {
    this.visitor = new Visitor(blueprint.publicCa.certificate);
  }

  /**
   * Starts the lab, or updates a running lab, and waits until the site responds.
   * @param overrides settings that replace settings of lab/input.ts
   * @param report function that receives the title of each step before the step starts
   */
  static async up(overrides: LabOverrides, report: (title: string) => void = () => undefined): Promise<Lab> {
    await requireLabHost();
    for (const step of upSteps(layout, overrides)) {
      report(step.title);
      await step.run();
    }
    return Lab.attach();
  }

  /** Returns the running lab. @throws if no lab is running */
  static async attach(): Promise<Lab> {
    const settings = await loadSettings(layout);
    if (settings === undefined) throw new Error("lab: is not running; start it with `npm run lab up`");
    const blueprint = await drawUp(layout, settings.overrides);
    return new Lab(blueprint, machinesOf(layout, blueprint, settings.baseRoot));
  }

  /** Returns the machine with this name. @throws if no machine has this name; the error lists all machines */
  machine(name: string): Machine {
    const found = this.machines.find((machine) => machine.name === name);
    if (found === undefined)
      throw new Error(`lab: no machine ${name}; use one of ${this.machines.map((machine) => machine.name).join(", ")}`);
    return found;
  }

  /** Returns the machines that exist on this host but are not in the configuration. */
  async outside(): Promise<readonly Machine[]> {
    const { environment } = this.blueprint;
    const made = await machinesMade(this.layout);
    return made
      .filter(({ host }) => !this.machines.some(({ name }) => name === host.name))
      .map(({ host, stores }) => machineOutside(this.layout, environment, host, stores));
  }

  /** Returns the public URL of a page of the site. @param path path of the page @default - `application.pagePath` */
  url(path: string = this.blueprint.environment.config.application.pagePath): string {
    return new URL(path, `https://${siteHosts(this.blueprint.environment.config)[0]}`).href;
  }

  /** Publishes a file in the folder of the configured release. @returns URL of the file */
  publish(file: string, name: string): Promise<string> {
    return publish(this.layout, this.blueprint.environment.config, file, name);
  }

  /**
   * Makes the given internet hosts, for example package archives, unreachable. Makes all other internet hosts reachable.
   */
  async setAway(hosts: readonly string[]): Promise<void> {
    await rm(this.layout.away, { recursive: true, force: true });
    await mkdir(this.layout.away, { recursive: true });
    for (const host of hosts) await writeFile(path.join(this.layout.away, host), "");
  }

  /** Sends requests at a fixed rate for a fixed time. @param until signal that ends the load early */
  load(props: LoadProps, until?: AbortSignal): Promise<LoadResult> {
    return sendLoad(props, this.blueprint.publicCa.certificate, until);
  }

  /** Runs a program of this host in the network namespace of a lab host: "client", "internet", "edge", "balancer", "fabric" or a server. */
  execIn(host: string, command: readonly [string, ...string[]], options: RunOptions = {}): Promise<string> {
    return run("ip", ["netns", "exec", namespaceOf(host), ...command], options);
  }

  /** Runs a program like {@link execIn}, but returns the result even if the program fails. */
  tryExecIn(host: string, command: readonly [string, ...string[]], options: RunOptions = {}): Promise<RunResult> {
    return tryRun("ip", ["netns", "exec", namespaceOf(host), ...command], options);
  }

  /** Returns the current state of the lab. */
  status(): Promise<LabStatus> {
    return statusOf(this.blueprint.environment.config, this.machines);
  }

  /**
   * Returns the machines whose first boot used a payload other than this tree's payload. The result does not contain machines that were
   * never started.
   */
  async outdated(): Promise<readonly Machine[]> {
    const payloads = await Promise.all(this.machines.map((machine) => machine.bootedWith()));
    return this.machines.filter(({ name }, index) => {
      const payload = payloads[index];
      return payload !== undefined && payload !== userDataOf(this.blueprint, name);
    });
  }

  /** Removes the lab; see {@link takeDown}. If `purge` is set, also removes the cache. */
  down(options: { readonly purge?: boolean } = {}): Promise<void> {
    return takeDown(this.layout, options);
  }
}
