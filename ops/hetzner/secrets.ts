import { X509Certificate } from "node:crypto";
import { generationOf, isUsedAtOnce, type Rotated, type Stage } from "../../modules/derived/generations.js";
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

/** Longest time until a changed service of the balancer shows its new certificate. */
const showSeconds = 120;

/** What {@link TerraformSecretStore} works with. */
export interface TerraformSecretStoreProps {
  /** Configuration of the environment. */
  readonly config: Config;
  /** Stack that makes the secrets; its output `secrets` shows them. */
  readonly credentials: Stack;
  /** Stack of the servers, which compares what they were made with. */
  readonly servers: Stack;
  /** Stack of what shows them to the servers: Cloudflare's rules. */
  readonly edge: Stack;
  /** Writes the stacks anew and lets the policies judge them. @throws when they do not pass */
  readonly synthesize: () => Promise<void>;
  /** The environment's variables, in which secrets from outside come: `TF_VAR_…`. */
  readonly variables: NodeJS.ProcessEnv;
}

const numbered = (name: string) => (generation: number) => (generation === 1 ? name : `${name}-${generation}`);

/** What the names of all resources of one generation begin with. */
const names: Readonly<Record<Rotated, (generation: number) => string>> = {
  "edge-token": numbered("edge"),
  "database-passwords": numbered("password"),
  "database-authority": numbered("mysql"),
  "ssh-host-keys": numbered("ssh-host-key"),
  "origin-pull-authority": numbered("origin-pull"),
  "origin-certificate": (generation) => `origin-certificate-${generation}`,
};

/** What shows a secret outside of servers, and what may be done to it. */
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

/** Output `secrets` of the stack of the credentials. */
interface SecretsOutput extends GivenOut {
  /** In the generation before the configured one. */
  readonly before: GivenOut;
}

/** What servers share, and what each has for itself. */
interface GivenOut {
  readonly shared: Readonly<Partial<Record<SecretName, string>>>;
  readonly own: Readonly<Record<string, Readonly<Partial<Record<SecretName, string>>>>>;
}

/** What the last step of a rotation may do beside noting that it is taken: destroying a certificate of Cloudflare's revokes it. */
const ended = (what: Rotated, generation: number): Allowed =>
  isUsedAtOnce(what)
    ? { [`cloudflare_origin_ca_certificate.${names[what](generation - 1)}_certificate[0]`]: ["delete"] }
    : {};

/** What a plan of the credentials would do beyond making one generation and letting go of the one before the last. Pure. */
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

/** Secrets as Terraform makes and keeps them. Each plan is read before it is applied. */
export class TerraformSecretStore implements SecretStore {
  // Cloudflare says "within seconds"; visitors who are led to one that has not heard would be refused.
  readonly spreadSeconds = 60;

  constructor(private readonly props: TerraformSecretStoreProps) {}

  async make(what: Rotated, report: Report): Promise<void> {
    const { config, credentials, edge, synthesize } = this.props;
    await synthesize();
    report("the configuration passes");
    for (const stack of [credentials, edge]) await stack.init();
    await this.apply(credentials, (plan) => excessOfMaking(plan, what, generationOf(config, what)), report);
  }

  async stage(what: Rotated): Promise<Stage> {
    const stages = (await this.output("stages")) as Readonly<Record<string, Stage>>;
    const configured = generationOf(this.props.config, what);
    // Secrets that were added later have a stage only from the second generation on.
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
      // What is not there is no attribute, or null.
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
    // Terraform validates the values, and writes the digests that servers are compared with.
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
    // An empty list would leave in force what is ignored; this is an attribute that is never set.
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

  /** Waits until the balancer shows the certificate: from then on the one before may be revoked. */
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
      // Also without an action: outputs follow.
      await apply();
    });
  }

  private async output(name: string): Promise<unknown> {
    const found = (await this.props.credentials.outputs())[name];
    if (found === undefined) throw new Error(`the credentials stack has no output ${name}; deploy it first`);
    return found;
  }
}
