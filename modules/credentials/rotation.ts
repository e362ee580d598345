import { conditional, Fn, Op, TerraformResource, type TerraformStack } from "cdktf";
import { Construct } from "constructs";
import { generationSetting, type Rotated } from "../config/generations.js";

/** Properties of {@link Rotation}. */
export interface RotationProps<Made> {
  /** Name of the secret, as `npm run ops rotate` takes it. */
  readonly what: Rotated;
  /** Generation that the configuration asks for. */
  readonly generation: number;
  /** Makes one generation, under names that end so. The first one has no ending: its addresses are older than generations. */
  readonly make: (ending: string, generation: number) => Made;
}

const endingOf = (generation: number): string => (generation === 1 ? "" : `-${generation}`);

/**
 * A secret that can change while it is in use. The configured generation and the one before it exist side by side. Which one is used, and
 * which is the oldest that is still accepted, is no matter of the configuration: two numbers in the state say it, and only
 * `npm run ops rotate` moves them, one at a time, when the servers have followed. So a deploy at any moment changes nothing that is in use.
 */
export class Rotation<Made> extends Construct {
  private readonly newest: Made;
  private readonly previous: Made | undefined;
  private readonly usedNumber: Reached;
  private readonly oldestNumber: Reached;

  constructor(
    stack: TerraformStack,
    private readonly props: RotationProps<Made>,
  ) {
    super(stack, props.what);
    const { what, generation, make } = props;
    this.newest = make(endingOf(generation), generation);
    this.previous = generation > 1 ? make(endingOf(generation - 1), generation - 1) : undefined;
    this.usedNumber = new Reached(this, "used", props);
    this.oldestNumber = new Reached(this, "oldest", props);
    stack.addOverride(`check.${what}`, { assert: [unfinished(what, generation, this.oldestNumber)] });
  }

  /** What is shown to those who check it. */
  used(value: (made: Made) => string): string {
    return this.at(this.usedNumber, value);
  }

  /** All that is accepted, the one that is used first, as a list. */
  accepted(value: (made: Made) => string): string[] {
    const newest = value(this.newest);
    if (!this.previous) return [newest];
    return Fn.distinct([this.used(value), newest, this.at(this.oldestNumber, value)]);
  }

  /** The generation before the configured one, to try whether it is refused. @returns nothing where there is none */
  before(value: (made: Made) => string): string | undefined {
    return this.previous && value(this.previous);
  }

  /** Whether there has never been another generation. */
  get isFirst(): boolean {
    return this.previous === undefined;
  }

  /** How far it has come, see Stage in modules/config/generations.ts. */
  get stage(): Readonly<Record<string, unknown>> {
    return { configured: this.props.generation, used: this.usedNumber.value, oldest: this.oldestNumber.value };
  }

  private at(number: Reached, value: (made: Made) => string): string {
    if (!this.previous) return value(this.newest);
    return conditional(
      Op.eq(number.value, this.props.generation),
      value(this.newest),
      value(this.previous),
    ) as unknown as string;
  }
}

/** Makes every plan name a rotation that is not at its end. cdktf has no construct for check blocks. */
const unfinished = (what: Rotated, generation: number, oldest: Reached) => ({
  condition: Op.eq(oldest.value, generation),
  error_message: `${generationSetting(what)} is ${generation}, but an older generation is still accepted. Run npm run ops rotate ${what}.`,
});

/** The number by which a secret that is used at once counts how far it has come: the oldest generation that is still accepted. */
export class OldestAccepted extends Construct {
  private readonly number: Reached;

  constructor(
    stack: TerraformStack,
    private readonly props: Pick<RotationProps<unknown>, "what" | "generation">,
  ) {
    super(stack, props.what);
    // Until somebody has seen that nobody shows it, the one before is accepted.
    this.number = new Reached(this, "oldest", { ...props, begins: Math.max(1, props.generation - 1) });
  }

  /** How many there are to be of what the generation before is made of. */
  get countBefore(): string {
    return `\${${this.number.address}.input == ${this.props.generation} ? 0 : 1}`;
  }

  /** For a check block: fails until the generation before is gone. */
  get assertion() {
    return unfinished(this.props.what, this.props.generation, this.number);
  }

  /** How far it has come, see Stage in modules/config/generations.ts. */
  get stage(): Readonly<Record<string, unknown>> {
    const { generation } = this.props;
    return { configured: generation, used: generation, oldest: this.number.value };
  }
}

/** Properties of {@link Reached}. */
interface ReachedProps extends Pick<RotationProps<unknown>, "what" | "generation"> {
  /** Where it begins. @default 1 */
  readonly begins?: number;
}

/** A number in the state: the generation that has been reached. No deploy changes it. */
class Reached extends TerraformResource {
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
            errorMessage: `${generationSetting(what)} is ${generation}, but the current generation in the state is neither this one nor the previous one. Raise the setting by one at a time, and run npm run ops rotate ${what} after each step; a new environment begins with 1.`,
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
