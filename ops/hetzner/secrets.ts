import { X509Certificate } from "node:crypto";
import { generationOf, isUsedAtOnce, type Rotated, type RotationStage } from "../../modules/derived/generations.js";
import { balancersOf, siteId } from "../../modules/derived/balancer.js";
import type { Config } from "../../modules/config/schema.js";
import type { SecretName } from "../../modules/derived/secrets.js";
import { siteHosts } from "../../modules/platform/names.js";
import { ports } from "../../modules/platform/ports.js";
import { waitUntil } from "../core/shell.js";
import type { SecretStore, SecretValues } from "../core/site.js";
import type { Report } from "../core/site.js";
import type { Allowed } from "../terraform/allowed.js";
import { balancerCertificate, serviceOf } from "../terraform/changeover.js";
import { actionsOf, excessOf, type Plan } from "../terraform/plan.js";
import type { Stack } from "../terraform/terraform.js";
import { fingerprintAt } from "./shown-certificate.js";

/** Maximum seconds until a changed service of the load balancer presents its new certificate. */
const showSeconds = 120;

/** Properties of {@link TerraformSecretStore}. */
export interface TerraformSecretStoreProps {
  /** Configuration of the environment. */
  readonly config: Config;
  /** Stack that creates the secrets. The output `secrets` of this stack contains the secrets. */
  readonly credentials: Stack;
  /** Stack of the servers, which compares secrets with the servers' labels. */
  readonly servers: Stack;
  /** Stack with Cloudflare's rules, which send secrets to the servers. */
  readonly edge: Stack;
  /** Synthesizes the stacks again and checks them against the policies. @throws if a check fails */
  readonly synthesize: () => Promise<void>;
  /** Environment variables, which contain the secrets that the owner sets: `TF_VAR_…`. */
  readonly variables: NodeJS.ProcessEnv;
}

const numbered = (name: string) => (generation: number) => (generation === 1 ? name : `${name}-${generation}`);

/** Returns the common prefix of the resource names of one generation, for each secret. */
const names: Readonly<Record<Rotated, (generation: number) => string>> = {
  "edge-token": numbered("edge"),
  "database-passwords": numbered("password"),
  "database-authority": numbered("mysql"),
  "ssh-host-keys": numbered("ssh-host-key"),
  "origin-pull-authority": numbered("origin-pull"),
  "origin-certificate": (generation) => `origin-certificate-${generation}`,
};

/** Returns the resources outside of servers that present a secret, with their allowed changes. */
const shown = (config: Config): Readonly<Partial<Record<Rotated, Allowed>>> => ({
  "edge-token": { [`cloudflare_ruleset.${siteId(config)}_edge-token`]: ["update"] },
  "origin-pull-authority": {
    [`cloudflare_authenticated_origin_pulls_certificate.${siteId(config)}_origin-pull-certificate`]: ["create,delete"],
  },
  "origin-certificate": {
    [balancerCertificate]: ["create,delete"],
    ...Object.fromEntries(balancersOf(config).map(({ id }) => [serviceOf(id), ["update"]])),
  },
});

/** Output `secrets` of the credentials stack. */
interface SecretsOutput extends GivenOut {
  /** Values of the generation before the configured one. */
  readonly before: GivenOut;
}

/** Values that all servers share, and values of each server. */
interface GivenOut {
  readonly shared: Readonly<Partial<Record<SecretName, string>>>;
  readonly own: Readonly<Record<string, Readonly<Partial<Record<SecretName, string>>>>>;
}

/** Returns the additional allowed changes of a rotation's last step. The deletion of a Cloudflare certificate revokes it. */
const ended = (what: Rotated, generation: number): Allowed =>
  isUsedAtOnce(what)
    ? { [`cloudflare_origin_ca_certificate.${names[what](generation - 1)}_certificate[0]`]: ["delete"] }
    : {};

/**
 * Returns the changes in a plan of the credentials stack that are not allowed. It may only create the new generation and delete the
 * generation before the previous one. Pure.
 */
export function excessOfMaking(plan: Plan, what: Rotated, generation: number): readonly string[] {
  const last = generation - 2;
  const gone = new RegExp(`^\\w+\\.${names[what](last)}_`);
  const mayGo = (plan.resource_changes ?? []).filter(({ address }) => gone.test(address));
  const made = (plan.resource_changes ?? []).filter(({ change }) => change.actions.join() === "create");
  return excessOf(plan, {
    ...Object.fromEntries(made.map(({ address }) => [address, ["create"]])),
    ...Object.fromEntries(mayGo.map(({ address }) => [address, ["delete"]])),
  });
}

/** Manages the secrets that Terraform creates and stores. Each plan is checked before it is applied. */
export class TerraformSecretStore implements SecretStore {
  // Cloudflare documents "within seconds". Servers would reject the requests from a data centre that has not applied the change yet.
  readonly spreadSeconds = 60;

  constructor(private readonly props: TerraformSecretStoreProps) {}

  async make(what: Rotated, report: Report): Promise<void> {
    const { config, credentials, edge, synthesize } = this.props;
    await synthesize();
    report("the configuration passes");
    for (const stack of [credentials, edge]) await stack.init();
    await this.apply(credentials, (plan) => excessOfMaking(plan, what, generationOf(config, what)), report);
  }

  async stage(what: Rotated): Promise<RotationStage> {
    const stages = (await this.output("stages")) as Readonly<Record<string, RotationStage>>;
    const configured = generationOf(this.props.config, what);
    // Secrets that a later version added have no stage before their second generation.
    const stage = stages[what] ?? (configured === 1 ? { used: 1, oldest: 1 } : undefined);
    if (stage === undefined)
      throw new Error(`${what}: the credentials stack has no stage of this rotation; deploy it first`);
    return { ...stage, configured };
  }

  async values(): Promise<SecretValues> {
    const { before, ...now } = (await this.output("secrets")) as SecretsOutput;
    const find = ({ own, shared }: GivenOut, server: string, name: SecretName): string | undefined =>
      own[server]?.[name] ?? shared[name];
    return {
      of: (server, name) => {
        const value = find(now, server, name);
        if (value === undefined) throw new Error(`secret ${name} of ${server}: the credentials stack does not have it`);
        return value;
      },
      // Terraform omits a missing value or writes null.
      before: (server, name) => find(before, server, name) ?? undefined,
    };
  }

  async fromOutside(names: ReadonlyMap<SecretName, string>, report: Report): Promise<Pick<SecretValues, "of">> {
    const { servers, synthesize, variables } = this.props;
    const values = new Map<SecretName, string>();
    for (const [name, variable] of names) {
      const value = variables[`TF_VAR_${variable}`];
      if (!value) throw new Error(`TF_VAR_${variable} must be set: it contains the value of ${name}`);
      values.set(name, value);
    }
    await synthesize();
    report("the configuration passes");
    await servers.init();
    // This apply makes Terraform validate the values, and write the digests that are compared with the servers.
    await this.apply(servers, (plan) => excessOf(plan, {}), report);
    return {
      of: (_, name) => {
        const value = values.get(name);
        if (value === undefined) throw new Error(`secret ${name}: has no external value`);
        return value;
      },
    };
  }

  async hostKeys(): Promise<ReadonlyMap<string, string>> {
    return new Map(Object.entries((await this.output("ssh_host_keys")) as Readonly<Record<string, string>>));
  }

  async advance(what: Rotated, number: "used" | "oldest", report: Report): Promise<void> {
    const { config, credentials } = this.props;
    const name = `${what}_${number}`;
    const generation = generationOf(config, what);
    const allowed = { [`terraform_data.${name}`]: ["update"], ...(number === "oldest" && ended(what, generation)) };
    // The list contains an attribute that is never set, because an empty list of ignored attributes would have no effect.
    const lifecycle = { ignore_changes: ["triggers_replace"] };
    const copy = await credentials.overridden({
      resource: { terraform_data: { [name]: { input: generation, lifecycle } } },
    });
    try {
      await this.apply(copy, (plan) => excessOf(plan, allowed), report);
    } finally {
      await copy.discard();
    }
  }

  async show(what: Rotated, report: Report): Promise<void> {
    await this.apply(this.props.edge, (plan) => excessOf(plan, shown(this.props.config)[what] ?? {}), report);
    if (what === "origin-certificate") await this.awaitCertificate(report);
  }

  /** Waits until the load balancer presents the certificate. Then the previous certificate may be revoked. */
  private async awaitCertificate(report: Report): Promise<void> {
    const { config, edge } = this.props;
    const { balancer_addresses: first, second_balancer_addresses: second } = await edge.outputs();
    const { shared } = (await this.output("secrets")) as SecretsOutput;
    const wanted = new X509Certificate(shared.originCertificate ?? "").fingerprint256;
    for (const { ipv4: address } of [first, ...(second ? [second] : [])] as readonly { readonly ipv4: string }[])
      await waitUntil(
        "the load balancer presents the new certificate",
        async () => {
          const seen = await fingerprintAt({ address, port: ports.balancerHttps, host: siteHosts(config)[0] });
          return seen === wanted ? undefined : `${address} presents ${seen ?? "no certificate"}`;
        },
        { limitSeconds: showSeconds, report },
      );
  }

  private apply(stack: Stack, excessIn: (plan: Plan) => readonly string[], report: Report): Promise<void> {
    return stack.plan({}, async ({ plan, apply }) => {
      const excess = excessIn(plan);
      if (excess.length > 0)
        throw new Error(
          `refused: the plan would make more changes:\n  ${excess.join("\n  ")}\ndeploy those changes first: npm run deploy`,
        );
      for (const action of actionsOf(plan)) report(action);
      // A plan without resource changes is applied too, because outputs may have changed.
      await apply();
    });
  }

  private async output(name: string): Promise<unknown> {
    const found = (await this.props.credentials.outputs())[name];
    if (found === undefined) throw new Error(`the credentials stack has no output ${name}; deploy it first`);
    return found;
  }
}
