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
 * A running lab: what the command line and the proof's tests are built on.
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
  /** Somebody outside. */
  readonly visitor: Visitor;

  /** Where its files are. */
  readonly layout = layout;

  private constructor(
    readonly blueprint: Blueprint,
    readonly machines: readonly Machine[],
  ) {
    this.visitor = new Visitor(blueprint.publicCa.certificate);
  }

  /**
   * Brings the lab up, or finds it up, and returns when the site answers.
   * @param overrides changes to lab/input.ts
   * @param report told the title of each step
   */
  static async up(overrides: LabOverrides, report: (title: string) => void = () => undefined): Promise<Lab> {
    await requireLabHost();
    for (const step of upSteps(layout, overrides)) {
      report(step.title);
      await step.run();
    }
    return Lab.attach();
  }

  /** The lab that is up. @throws when none is */
  static async attach(): Promise<Lab> {
    const settings = await loadSettings(layout);
    if (settings === undefined) throw new Error("lab: is not running; start it with `npm run lab up`");
    const blueprint = await drawUp(layout, settings.overrides);
    return new Lab(blueprint, machinesOf(layout, blueprint, settings.baseRoot));
  }

  /** @throws when there is no machine of this name; says which there are */
  machine(name: string): Machine {
    const found = this.machines.find((machine) => machine.name === name);
    if (found === undefined)
      throw new Error(`lab: no machine ${name}; there are ${this.machines.map((machine) => machine.name).join(", ")}`);
    return found;
  }

  /** Machines that exist and that the configuration does not have. */
  async outside(): Promise<readonly Machine[]> {
    const { environment } = this.blueprint;
    const made = await machinesMade(this.layout);
    return made
      .filter(({ host }) => !this.machines.some(({ name }) => name === host.name))
      .map(({ host, stores }) => machineOutside(this.layout, environment, host, stores));
  }

  /** Address of a page of the site, through edge and balancer. @param path @default - `application.pagePath` */
  url(path: string = this.blueprint.environment.config.application.pagePath): string {
    return new URL(path, `https://${siteHosts(this.blueprint.environment.config)[0]}`).href;
  }

  /** Puts a file on the internet, beside the configured release, and returns the address servers find it at. */
  publish(file: string, name: string): Promise<string> {
    return publish(this.layout, this.blueprint.environment.config, file, name);
  }

  /** Takes hosts of the internet away, these and no others: package archives, vendors' repositories, the release's. */
  async setAway(hosts: readonly string[]): Promise<void> {
    await rm(this.layout.away, { recursive: true, force: true });
    await mkdir(this.layout.away, { recursive: true });
    for (const host of hosts) await writeFile(path.join(this.layout.away, host), "");
  }

  /** Sends requests at a fixed rate for a fixed time. @param until ends the load early, when it is aborted */
  load(props: LoadProps, until?: AbortSignal): Promise<LoadResult> {
    return sendLoad(props, this.blueprint.publicCa.certificate, until);
  }

  /** Runs a program of this host with the network of a host of the lab: "client", "internet", "edge", "balancer", "fabric" or a server. */
  execIn(host: string, command: readonly [string, ...string[]], options: RunOptions = {}): Promise<string> {
    return run("ip", ["netns", "exec", namespaceOf(host), ...command], options);
  }

  /** The same for a program that may fail. */
  tryExecIn(host: string, command: readonly [string, ...string[]], options: RunOptions = {}): Promise<RunResult> {
    return tryRun("ip", ["netns", "exec", namespaceOf(host), ...command], options);
  }

  /** What runs, and how it is. */
  status(): Promise<LabStatus> {
    return statusOf(this.blueprint.environment.config, this.machines);
  }

  /** Machines that were booted with another payload than this tree renders; those that have never been on are not among them. */
  async outdated(): Promise<readonly Machine[]> {
    const payloads = await Promise.all(this.machines.map((machine) => machine.bootedWith()));
    return this.machines.filter(({ name }, index) => {
      const payload = payloads[index];
      return payload !== undefined && payload !== userDataOf(this.blueprint, name);
    });
  }

  /** Takes it down, as {@link takeDown} does. `purge` removes the cache too. */
  down(options: { readonly purge?: boolean } = {}): Promise<void> {
    return takeDown(this.layout, options);
  }
}
