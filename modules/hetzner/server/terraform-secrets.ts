import { Fn, TerraformLocal, Token } from "cdktf";
import { Construct } from "constructs";
import memoize from "memoize";
import type { Config, Role } from "../../config/schema.js";
import { compressedShared, secretParts, type SecretSource } from "../../machine/compose/index.js";
import { secretFilesOf, type SecretName } from "../../derived/secrets.js";

/** Terraform references to the values of secrets, by name. Unused secrets may be missing. */
export type SecretReferences = Readonly<Partial<Record<SecretName, string>>>;

/** Properties of {@link TerraformSecrets}. */
export interface TerraformSecretsProps {
  /** Terraform reference to each secret. */
  readonly references: SecretReferences;
}

/** Provides secrets as Terraform references. During an apply, Terraform inserts the values, encodes the files and compresses them. */
export class TerraformSecrets extends Construct implements SecretSource {
  constructor(
    scope: Construct,
    id: string,
    private readonly props: TerraformSecretsProps,
  ) {
    super(scope, id);
  }

  /**
   * Returns the Terraform reference to a secret.
   * @throws Error if no stack creates the secret, or if the value is a literal text, because literal texts appear in
   * the JSON
   */
  readonly value: SecretSource["value"] = (name) => {
    const reference = this.props.references[name];
    if (reference === undefined) throw new Error(`secret ${name} is required, but no stack creates it`);
    if (!Token.isUnresolved(reference))
      throw new Error(`secret ${name} must be a reference, because a literal value would be written to the JSON`);
    return reference;
  };

  /** Returns an expression with the content of a file as JSON text or base64. Terraform computes the content during an apply. */
  readonly encode: SecretSource["encode"] = (content, { path, given }) => {
    const local = this.local(path.replaceAll(/[^a-z0-9_]+/g, "-").slice(1), content);
    return given ? Fn.base64encode(local) : Fn.jsonencode(local);
  };

  /** Returns an expression with a compressed text in base64. Terraform computes the text during an apply. */
  readonly compress: SecretSource["compress"] = (text) => Fn.base64gzip(this.local("all", text));

  /**
   * Returns a Terraform local value with the text. cdktf cannot write quotes or line breaks around a reference in a
   * function argument, but it can write them in a local value.
   */
  private local(id: string, text: string): string {
    return new TerraformLocal(this, id, text).asString;
  }
}

/** Properties of {@link SharedUserData}. */
export interface SharedUserDataProps extends TerraformSecretsProps {
  /** Configuration of the environment. The configuration determines the secret files. */
  readonly config: Config;
}

/** Parts of the user data that servers with the same roles share. */
export interface SharedParts {
  /** Terraform reference to the compressed cloud-init configuration. */
  readonly cloudConfig: string;
  /** Secret files, which Terraform compresses. */
  readonly secrets: readonly string[];
}

/**
 * Creates the user data that all servers with the same roles share. The literal text is also a Terraform local value.
 * Repeated for each of a hundred servers, the text would be three quarters of the JSON.
 */
export class SharedUserData extends Construct {
  constructor(
    scope: Construct,
    id: string,
    private readonly props: SharedUserDataProps,
  ) {
    super(scope, id);
  }

  /** Returns the shared parts for servers with these roles. */
  readonly of = memoize(
    (roles: readonly Role[]): SharedParts => {
      const { config, references } = this.props;
      const id = roles.join("-");
      const source = new TerraformSecrets(this, id, { references });
      return {
        cloudConfig: new TerraformLocal(this, `${id}_cloud-config`, compressedShared(config, roles)).asString,
        secrets: secretParts(secretFilesOf(config, { roles }).shared, source),
      };
    },
    { cacheKey: ([roles]) => roles.join("-") },
  );
}
