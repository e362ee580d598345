import { Password } from "@cdktf/provider-random/lib/password/index.js";
import { Construct } from "constructs";

/** Properties of {@link Passwords}. */
export interface PasswordsProps {
  /** One password is created for each name; the name is part of its Terraform address. */
  readonly names: readonly string[];
  /** Length of each password. It contains only letters and digits, so that no file format needs quoting. @default 32, which are 190 bits */
  readonly length?: number;
  /** Whether Terraform rejects plans that would destroy or replace a password. */
  readonly protect: boolean;
}

/** Random passwords by name. They are in the state of their stack and of the stacks that use them, but in no file of the project. */
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

  /** Reference to a password. @throws Error for an unknown name */
  value(name: string): string {
    const password = this.passwords.get(name);
    if (!password) throw new Error(`no password ${name} in ${this.node.path}`);
    return password.result;
  }
}
