import { Fn, TerraformLocal, type TerraformStack, type TerraformVariable } from "cdktf";
import { Construct } from "constructs";
import { secretFilesOf, type SecretName } from "../../config/secrets.js";
import type { Config, ServerConfig } from "../../config/schema.js";

/** Properties of {@link SecretLabels}. */
export interface SecretLabelsProps {
  /** The environment, which decides which servers have which secret. */
  readonly config: Config;
  /** Key of the digests: without it, they tell nothing. A reference. */
  readonly key: string;
  /** The secrets that come from outside, by the label that tells of them. */
  readonly given: Readonly<Record<string, GivenSecrets>>;
}

/** Secrets that come from outside and that one label tells of. */
export interface GivenSecrets {
  /** A server that needs one of them has the label. */
  readonly secrets: readonly SecretName[];
  /** The variables that they come from. */
  readonly variables: readonly TerraformVariable[];
}

/** Characters of a digest: enough to see that two differ. */
const digestLength = 12;

/** Stands in place of a digest where a secret is not set. */
const none = "none";

/**
 * Which of the secrets that come from outside a server was made with, in labels, so that plans see that another one is set by now. A label
 * holds a digest under a key that only the states know: of a short secret, too, nobody can find out by trying. Secrets that Terraform makes
 * are not among them: they rotate by generations. A plan for which a secret is not set says nothing of it, since only plans that make servers
 * need them.
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
          // The label is in it, so that nobody sees whether two secrets are the same.
          const text = Fn.jsonencode([key, label, ...variables.map(({ stringValue }) => stringValue)]);
          const digest = new TerraformLocal(this, label, Fn.substr(Fn.sha256(text), 0, digestLength));
          const values = variables.map(({ friendlyUniqueId }) => `var.${friendlyUniqueId}`).join(", ");
          return [label, `\${nonsensitive(contains([${values}], "") ? "${none}" : local.${digest.friendlyUniqueId})}`];
        }),
      ),
    );
  }

  /** Labels of a server that is made now. */
  of(server: ServerConfig): Readonly<Record<string, string>> {
    return Object.fromEntries(this.labels(server).map((label) => [label, `\${${this.wanted(label)}}`]));
  }

  /**
   * Conditions, as they stand in an expression, that a server fulfils which has the secrets of now.
   * @param labels expression of the labels that it has; one that is missing is older than these labels, and is not judged
   */
  conditions(server: ServerConfig, labels: string): readonly string[] {
    return this.labels(server).map((label) => {
      const wanted = this.wanted(label);
      return `contains(["${none}", lookup(${labels}, "${label}", ${wanted})], ${wanted})`;
    });
  }

  /** Digest by label, of what is set: for an output. */
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
