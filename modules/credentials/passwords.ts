import { Password } from "@cdktf/provider-random/lib/password/index.js";
import { Construct } from "constructs";

/** Properties of {@link Passwords}. */
export interface PasswordsProps {
  /** Names of the passwords. Terraform creates one password for each name, and the name is part of the Terraform address. */
  readonly names: readonly string[];
  /**
   * Length of each password. A password contains only letters and digits, so that no file format needs quotes. @default
   * 32, which provides 190 bits of entropy
   */
  readonly length?: number;
  /** True if Terraform rejects plans that would destroy or replace a password. */
  readonly protect: boolean;
}

/**
 * Creates random passwords. The passwords are in the Terraform state of this stack and of the stacks that use them, but
 * in no file of the project.
 */
export class Passwords extends Construct {
  private readonly passwords: ReadonlyMap<string, Password>;

  constructor(scope: Construct, id: string, { names, length = 32, protect }: PasswordsProps) {
    super(scope, id);
    this.passwords = new Map(
      names.map((name) => [
        name,
        new Password(this, name, {
          length,
          special: false,
          minLower: 1,
          minUpper: 1,
          minNumeric: 1,
          lifecycle: { preventDestroy: protect },
        }),
      ]),
    );
  }

  /** Returns the Terraform reference to a password. @throws Error if no password has this name */
  value(name: string): string {
    const password = this.passwords.get(name);
    if (!password) throw new Error(`no password ${name} in ${this.node.path}`);
    return password.result;
  }
}
