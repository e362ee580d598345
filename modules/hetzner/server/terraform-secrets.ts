import { Fn, TerraformLocal, Token } from "cdktf";
import { Construct } from "constructs";
import memoize from "memoize";
import type { Config, Role } from "../../config/schema.js";
import { compressedShared, secretParts, type SecretSource } from "../../machine/compose/index.js";
import { secretFilesOf, type SecretName } from "../../derived/secrets.js";

/** Values of secrets, as references. Those that nobody asks for may be missing. */
export type SecretReferences = Readonly<Partial<Record<SecretName, string>>>;

/** Properties of {@link TerraformSecrets}. */
export interface TerraformSecretsProps {
  /** Reference by secret. */
  readonly references: SecretReferences;
}

/** Secrets as references. When Terraform applies, it puts the values in their places, encodes the files and compresses them. */
export class TerraformSecrets extends Construct implements SecretSource {
  constructor(
    scope: Construct,
    id: string,
    private readonly props: TerraformSecretsProps,
  ) {
    super(scope, id);
  }

  /** @throws Error for a secret that no stack makes, or that is a plain text and would stand in the JSON */
  readonly value: SecretSource["value"] = (name) => {
    const reference = this.props.references[name];
    if (reference === undefined) throw new Error(`secret ${name} is required, but no stack creates it`);
    if (!Token.isUnresolved(reference))
      throw new Error(`secret ${name} must be a reference, because a literal value would be written to the JSON`);
    return reference;
  };

  /** A file's content as a text in JSON, or in base64, made by Terraform when it applies. */
  readonly encode: SecretSource["encode"] = (content, { path, given }) => {
    const local = this.local(path.replaceAll(/[^a-z0-9_]+/g, "-").slice(1), content);
    return given ? Fn.base64encode(local) : Fn.jsonencode(local);
  };

  /** Base64 of a compressed text, made by Terraform when it applies. */
  readonly compress: SecretSource["compress"] = (text) => Fn.base64gzip(this.local("all", text));

  /** cdktf cannot write quotes or line breaks around a reference into a function's argument; into a local it can. */
  private local(id: string, text: string): string {
    return new TerraformLocal(this, id, text).asString;
  }
}

/** Properties of {@link SharedUserData}. */
export interface SharedUserDataProps extends TerraformSecretsProps {
  /** The environment, which decides what secret files there are. */
  readonly config: Config;
}

/** Parts of the user data of one server. */
export interface SharedParts {
  /** Reference to the compressed cloud-config. */
  readonly cloudConfig: string;
  /** The secret files, compressed by Terraform. */
  readonly secrets: readonly string[];
}

/**
 * What the user data of servers with the same roles has in common, once for all of them. The literal part is a local as well: written out
 * for each server, it was three quarters of the JSON of a hundred servers.
 */
export class SharedUserData extends Construct {
  constructor(
    scope: Construct,
    id: string,
    private readonly props: SharedUserDataProps,
  ) {
    super(scope, id);
  }

  /** The parts of servers with these roles. */
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
