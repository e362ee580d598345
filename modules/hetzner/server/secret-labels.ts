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
  /** The variables that secrets come from, by secret. */
  readonly given: Readonly<Partial<Record<SecretName, TerraformVariable>>>;
}

/** Characters of a digest: enough to see that two differ. */
const digestLength = 12;

/** "secret-datadogApiKey", one for each secret. */
const labelOf = (name: SecretName): string => `secret-${name}`;

/** Stands in place of the digest of a secret that is not set. */
const none = "none";

/**
 * Which of the secrets that come from outside a server was made with, in labels, so that plans see that another one is set by now. A label
 * holds a digest under a key that only the states know. Secrets that rotate are not among them: `npm run ops rotate` brings them to the
 * servers that run. A plan for which a secret is not set says nothing of it, since only plans that make servers need them.
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
        Object.entries(given).flatMap(([name, variable]) => {
          if (variable === undefined) return [];
          const secret = variable.friendlyUniqueId;
          const digest = new TerraformLocal(
            this,
            name,
            // The name is in it, so that nobody sees whether two secrets are the same.
            Fn.substr(Fn.sha256(Fn.join(":", [key, name, variable.stringValue])), 0, digestLength),
          );
          return [
            [
              labelOf(name as SecretName),
              `\${nonsensitive(var.${secret} == "" ? "${none}" : local.${digest.friendlyUniqueId})}`,
            ],
          ];
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
    return (Object.keys(given) as SecretName[]).filter((name) => needed.has(name)).map(labelOf);
  }
}
