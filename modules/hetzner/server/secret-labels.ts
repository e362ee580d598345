import { Fn, TerraformLocal, type TerraformStack, type TerraformVariable } from "cdktf";
import { Construct } from "constructs";
import { secretFilesOf, type SecretName } from "../../derived/secrets.js";
import type { Config, ServerConfig } from "../../config/schema.js";

/** Properties of {@link SecretLabels}. */
export interface SecretLabelsProps {
  /** Configuration of the environment. The configuration determines which server gets which secret. */
  readonly config: Config;
  /** Terraform reference to the key of the digests. Without this key, a digest reveals nothing about the secret. */
  readonly key: string;
  /** External secrets by label. A label contains the common digest of its secrets. */
  readonly given: Readonly<Record<string, GivenSecrets>>;
}

/** External secrets whose common digest is in one label of a server. */
export interface GivenSecrets {
  /** Names of the secrets. A server has the label if it needs at least one of these secrets. */
  readonly secrets: readonly SecretName[];
  /** Terraform variables that provide the secrets. */
  readonly variables: readonly TerraformVariable[];
}

/** Number of characters of a digest. Twelve characters are sufficient to detect a difference. */
const digestLength = 12;

/** Value of the label if none of its secrets is set. */
const none = "none";

/**
 * Labels that identify the external secrets with which a server was created, so that plans detect a changed secret. A
 * label contains a keyed digest. Only the states contain the key, so even a short secret cannot be guessed from its
 * digest. Secrets that Terraform generates have no labels, because they have generations. If a secret is not set, the
 * plan does not compare it, because only plans that create servers need secrets.
 */
export class SecretLabels extends Construct {
  private readonly digests: TerraformLocal;

  constructor(
    stack: TerraformStack,
    id: string,
    private readonly props: SecretLabelsProps,
  ) {
    super(stack, id);
    const { key, given } = props;
    this.digests = new TerraformLocal(
      this,
      "digests",
      Object.fromEntries(
        Object.entries(given).map(([label, { variables }]) => {
          // The digest includes the name of the label, so that equal secrets have different digests.
          const text = Fn.jsonencode([key, label, ...variables.map(({ stringValue }) => stringValue)]);
          const digest = new TerraformLocal(this, label, Fn.substr(Fn.sha256(text), 0, digestLength));
          const values = variables.map(({ friendlyUniqueId }) => `var.${friendlyUniqueId}`).join(", ");
          return [label, `\${nonsensitive(contains([${values}], "") ? "${none}" : local.${digest.friendlyUniqueId})}`];
        }),
      ),
    );
  }

  /** Returns the labels of a server that Terraform creates now. */
  of(server: ServerConfig): Readonly<Record<string, string>> {
    return Object.fromEntries(this.labels(server).map((label) => [label, `\${${this.wanted(label)}}`]));
  }

  /**
   * Returns conditions of a Terraform expression that are true if a server has the current secrets.
   * @param labels expression of the server's labels. A server without such a label was created by an older version and
   * is not compared.
   */
  conditions(server: ServerConfig, labels: string): readonly string[] {
    return this.labels(server).map((label) => {
      const wanted = this.wanted(label);
      return `contains(["${none}", lookup(${labels}, "${label}", ${wanted})], ${wanted})`;
    });
  }

  /** Digests of the secrets that are set, with the label as key, for a Terraform output. */
  get all(): string {
    return `\${local.${this.digests.friendlyUniqueId}}`;
  }

  private wanted(label: string): string {
    return `local.${this.digests.friendlyUniqueId}["${label}"]`;
  }

  private labels(server: ServerConfig): readonly string[] {
    const { config, given } = this.props;
    const { shared, own } = secretFilesOf(config, server);
    const needed = new Set([...shared, ...own].flatMap(({ needs }) => needs));
    return Object.keys(given).filter((label) => given[label]?.secrets.some((name) => needed.has(name)));
  }
}
