import { conditional, Fn, Op, TerraformResource, type TerraformStack } from "cdktf";
import { Construct } from "constructs";
import { generationSetting, type Rotated } from "../derived/generations.js";

/** Properties of {@link RotatedSecret}. */
export interface RotatedSecretProps<Secret> {
  /** Name of the secret, in the form that `npm run ops rotate` accepts. */
  readonly what: Rotated;
  /** Generation in the configuration. */
  readonly generation: number;
  /**
   * Creates the resources of one generation. `ending` is a suffix of their names. The first generation has no suffix,
   * so that existing Terraform addresses stay the same.
   */
  readonly make: (ending: string, generation: number) => Secret;
  /**
   * True if the state contains no generation numbers before the second generation. Existing environments without these
   * numbers then have an empty plan.
   * @default false
   */
  readonly isLate?: boolean;
}

const endingOf = (generation: number): string => (generation === 1 ? "" : `-${generation}`);

/**
 * A secret that can change while it is in use. The configured and the previous generation exist at the same time. Two
 * numbers in the Terraform state define the generation in use and the oldest accepted generation. Only `npm run ops
 * rotate` changes these numbers, one at a time, after the servers have been updated. Therefore a deploy never changes a
 * secret in use.
 */
export class RotatedSecret<Secret> extends Construct {
  private readonly newest: Secret;
  private readonly previous: Secret | undefined;
  private readonly numbers: { readonly used: StoredGeneration; readonly oldest: StoredGeneration } | undefined;

  constructor(
    stack: TerraformStack,
    private readonly props: RotatedSecretProps<Secret>,
  ) {
    super(stack, props.what);
    const { what, generation, make, isLate = false } = props;
    this.newest = make(endingOf(generation), generation);
    this.previous = generation > 1 ? make(endingOf(generation - 1), generation - 1) : undefined;
    if (isLate && generation === 1) return;
    const [used, oldest] = [new StoredGeneration(this, "used", props), new StoredGeneration(this, "oldest", props)];
    this.numbers = { used, oldest };
    stack.addOverride(`check.${what}`, { assert: [unfinished(what, generation, oldest)] });
  }

  /** Returns the value of the generation in use. */
  used(value: (made: Secret) => string): string {
    return this.at("used", value);
  }

  /** Returns the values of all accepted generations, starting with the generation in use. */
  accepted(value: (made: Secret) => string): string[] {
    const newest = value(this.newest);
    if (!this.previous) return [newest];
    return Fn.distinct([this.used(value), newest, this.at("oldest", value)]);
  }

  /**
   * Returns the value of the previous generation, or `undefined` if there is none. Operators use this value to check
   * that it is rejected.
   */
  before(value: (made: Secret) => string): string | undefined {
    return this.previous && value(this.previous);
  }

  /** True if the configured generation is the first generation. */
  get isFirst(): boolean {
    return this.previous === undefined;
  }

  /** Progress of the rotation; see RotationStage in modules/derived/generations.ts. */
  get stage(): Readonly<Record<string, unknown>> | undefined {
    const { numbers, props } = this;
    return numbers && { configured: props.generation, used: numbers.used.value, oldest: numbers.oldest.value };
  }

  private at(number: "used" | "oldest", value: (made: Secret) => string): string {
    if (!this.previous || !this.numbers) return value(this.newest);
    return conditional(
      Op.eq(this.numbers[number].value, this.props.generation),
      value(this.newest),
      value(this.previous),
    ) as unknown as string;
  }
}

/** Returns a Terraform check block, so that every plan reports an unfinished rotation. cdktf has no construct for check blocks. */
const unfinished = (what: Rotated, generation: number, oldest: StoredGeneration) => ({
  condition: Op.eq(oldest.value, generation),
  error_message: `${generationSetting(what)} is ${generation}, but an older generation is still accepted. Run npm run ops rotate ${what}.`,
});

/**
 * Number in the Terraform state for a secret whose new generation is used immediately. The number is the oldest
 * generation that is still accepted.
 */
export class OldestAccepted extends Construct {
  private readonly number: StoredGeneration;

  constructor(
    stack: TerraformStack,
    private readonly props: Pick<RotatedSecretProps<unknown>, "what" | "generation">,
  ) {
    super(stack, props.what);
    // The previous generation remains accepted until a check shows that no program uses it.
    this.number = new StoredGeneration(this, "oldest", { ...props, begins: Math.max(1, props.generation - 1) });
  }

  /** Terraform count of each resource of the previous generation: 0 or 1. */
  get countBefore(): string {
    return `\${${this.number.address}.input == ${this.props.generation} ? 0 : 1}`;
  }

  /** Assertion for a Terraform check block. The assertion fails until the previous generation is revoked. */
  get assertion() {
    return unfinished(this.props.what, this.props.generation, this.number);
  }

  /** Progress of the rotation; see RotationStage in modules/derived/generations.ts. */
  get stage(): Readonly<Record<string, unknown>> {
    const { generation } = this.props;
    return { configured: generation, used: generation, oldest: this.number.value };
  }
}

/** Properties of {@link StoredGeneration}. */
interface ReachedProps extends Pick<RotatedSecretProps<unknown>, "what" | "generation"> {
  /** Initial value of the number. @default 1 */
  readonly begins?: number;
}

/** A generation number in Terraform's state. No deploy changes this number. */
class StoredGeneration extends TerraformResource {
  constructor(
    scope: Construct,
    id: string,
    private readonly props: ReachedProps,
  ) {
    const { what, generation } = props;
    super(scope, id, {
      terraformResourceType: "terraform_data",
      lifecycle: {
        ignoreChanges: ["input"],
        postcondition: [
          {
            condition: `\${contains([${Math.max(1, generation - 1)}, ${generation}], self.input)}`,
            errorMessage: `${generationSetting(what)} is ${generation}, but the state uses neither this generation nor the previous generation. Raise the setting by one at a time, and run npm run ops rotate ${what} after each step; a new environment begins with 1.`,
          },
        ],
      },
    });
  }

  get value(): string {
    return this.interpolationForAttribute("input") as unknown as string;
  }

  get address(): string {
    return `${this.terraformResourceType}.${this.friendlyUniqueId}`;
  }

  protected override synthesizeAttributes(): Record<string, unknown> {
    return { input: this.props.begins ?? 1 };
  }
}
