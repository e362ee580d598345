import { Fn, TerraformLocal } from "cdktf";
import { Construct } from "constructs";
import type { SecretName } from "../platform/secrets.js";
import type { SecretSource } from "../payload/index.js";

/** Values of one server's secrets, as references. Those its roles do not need may be missing. */
export type SecretReferences = Readonly<Partial<Record<SecretName, string>>>;

/** Properties of {@link TerraformSecrets}. */
export interface TerraformSecretsProps {
  readonly references: SecretReferences;
}

/** Gives the payload references in place of values; Terraform puts the values in, encodes and compresses when it applies. */
export class TerraformSecrets extends Construct implements SecretSource {
  constructor(
    scope: Construct,
    id: string,
    private readonly props: TerraformSecretsProps,
  ) {
    super(scope, id);
  }

  readonly value: SecretSource["value"] = (name) => {
    const reference = this.props.references[name];
    if (reference === undefined) throw new Error(`secret ${name} is needed but no stack makes it`);
    return reference;
  };

  readonly encode: SecretSource["encode"] = (content, file) =>
    Fn.base64encode(this.local(file.path.replaceAll(/[^a-z]+/g, "-").slice(1), content));

  readonly compress: SecretSource["compress"] = (text) => Fn.base64gzip(this.local("all", text));

  /** A function's argument cannot hold quotes or line breaks around a reference; a local can. */
  private local(id: string, text: string): string {
    return new TerraformLocal(this, id, text).asString;
  }
}
