import { Fn, TerraformLocal, Token } from "cdktf";
import { Construct } from "constructs";
import memoize from "memoize";
import type { Config, Role } from "../../config/schema.js";
import { compressedShared, secretParts, type SecretSource } from "../../machine/compose/index.js";
import { secretFilesOf, type SecretName } from "../../derived/secrets.js";

/** Values of secrets, as Terraform references. Unused secrets may be missing. */
export type SecretReferences = Readonly<Partial<Record<SecretName, string>>>;

/** Properties of {@link TerraformSecrets}. */
export interface TerraformSecretsProps {
  /** Reference to each secret. */
  readonly references: SecretReferences;
}

/** Secrets as Terraform references. During an apply, Terraform inserts the values, encodes the files and compresses them. */
export class TerraformSecrets extends Construct implements SecretSource {
  constructor(
    scope: Construct,
    id: string,
    private readonly props: TerraformSecretsProps,
  ) {
    super(scope, id);
  }

  /** @throws Error if no stack creates the secret, or if the value is a literal text, which would be written to the JSON */
  readonly value: SecretSource["value"] = (name) => {
    const reference = this.props.references[name];
    if (reference === undefined) throw new Error(`secret ${name} is required, but no stack creates it`);
    if (!Token.isUnresolved(reference))
      throw new Error(`secret ${name} must be a reference, because a literal value would be written to the JSON`);
    return reference;
  };

  /** Content of a file as JSON text or base64, which Terraform computes during an apply. */
  readonly encode: SecretSource["encode"] = (content, { path, given }) => {
    const local = this.local(path.replaceAll(/[^a-z0-9_]+/g, "-").slice(1), content);
    return given ? Fn.base64encode(local) : Fn.jsonencode(local);
  };

  /** Base64 of a compressed text, which Terraform computes during an apply. */
  readonly compress: SecretSource["compress"] = (text) => Fn.base64gzip(this.local("all", text));

  /** cdktf cannot write quotes or line breaks around a reference inside a function argument, but it can in a local value. */
  private local(id: string, text: string): string {
    return new TerraformLocal(this, id, text).asString;
  }
}

/** Properties of {@link SharedUserData}. */
export interface SharedUserDataProps extends TerraformSecretsProps {
  /** The environment; it determines the secret files. */
  readonly config: Config;
}

/** Parts of one server's user data. */
export interface SharedParts {
  /** Reference to the compressed cloud-config. */
  readonly cloudConfig: string;
  /** The secret files, compressed by Terraform. */
  readonly secrets: readonly string[];
}

/**
 * User data shared by all servers with the same roles. The literal part is a local value too: repeated for each server, it was three
 * quarters of the JSON for a hundred servers.
 */
export class SharedUserData extends Construct {
  constructor(
    scope: Construct,
    id: string,
    private readonly props: SharedUserDataProps,
  ) {
    super(scope, id);
  }

  /** The shared parts for servers with these roles. */
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
