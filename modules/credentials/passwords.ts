import { Password } from "@cdktf/provider-random/lib/password/index.js";
import { Construct } from "constructs";

/** Properties of {@link Passwords}. */
export interface PasswordsProps {
  /** A password is made for each; the name is part of its address in Terraform. */
  readonly names: readonly string[];
  /** Characters of each: letters and digits, so that no file format needs quoting. @default 32, which are 190 bits */
  readonly length?: number;
  /** Whether plans that would destroy or remake one are refused. */
  readonly protect: boolean;
}

/** Random passwords by name: in the state of their stack and of those that take them, and in no file of the project. */
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

  /** Reference to a password. @throws Error for a name that is not among those of the properties */
  value(name: string): string {
    const password = this.passwords.get(name);
    if (!password) throw new Error(`no password ${name} in ${this.node.path}`);
    return password.result;
  }
}
