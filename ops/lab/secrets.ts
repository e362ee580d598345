import type { Rotated, RotationStage } from "../../modules/derived/generations.js";
import { showCertificate } from "../../lab/balancer/balancer.js";
import { Lab } from "../../lab/lab.js";
import { acceptedHostKeys } from "../../lab/keys/credentials.js";
import { advanceStage, stageOf } from "../../lab/keys/stages.js";
import { layout } from "../../lab/layout.js";
import { startEdgeOf } from "../../lab/services.js";
import type { SecretStore, SecretValues } from "../core/site.js";

/** Manages the lab's secrets in files, which replace Terraform's state. A file is created when it is first read. */
export class LabSecrets implements SecretStore {
  readonly spreadSeconds = 0;

  async make(): Promise<void> {
    await Lab.attach();
  }

  async stage(what: Rotated): Promise<RotationStage> {
    return stageOf(layout.secrets, (await this.environment()).config, what);
  }

  async values(): Promise<SecretValues> {
    const { blueprint } = await Lab.attach();
    const { config } = blueprint.environment;
    return {
      of: (name, secret) => {
        const server = config.servers.find((one) => one.name === name);
        if (server === undefined) throw new Error(`lab: no server ${name}`);
        return blueprint.credentials.value(server, secret);
      },
      before: (server, secret) => blueprint.credentials.before(server, secret),
    };
  }

  /** Reads the secrets that the owner sets. In the lab they are files too: to change a value, write the new value into the file. */
  fromOutside(): Promise<SecretValues> {
    return this.values();
  }

  async hostKeys(): Promise<ReadonlyMap<string, string>> {
    const { config } = await this.environment();
    const keys = config.servers.map(
      async ({ name }) => [name, await acceptedHostKeys(layout.secrets, config, name)] as const,
    );
    return new Map(await Promise.all(keys));
  }

  async advance(what: Rotated, number: "used" | "oldest"): Promise<void> {
    await advanceStage(layout.secrets, (await this.environment()).config, what, number);
  }

  async show(what: Rotated): Promise<void> {
    const { blueprint } = await Lab.attach();
    if (what === "origin-certificate")
      await showCertificate(layout, blueprint.environment.balancer, blueprint.credentials.origin);
    else await startEdgeOf(layout, blueprint);
  }

  private async environment() {
    return (await Lab.attach()).blueprint.environment;
  }
}
