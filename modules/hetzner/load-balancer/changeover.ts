import { conditional, Op, TerraformResource, Token, type IResolvable } from "cdktf";
import { Construct } from "constructs";
import { agreement } from "../../config/agreement.js";
import type { Config } from "../../config/schema.js";
import { siteHosts } from "../../platform/names.js";
import type { PlatformServer } from "../server/index.js";
import { madeFor } from "./agrees-with.js";

/** Properties of {@link Changeover}. */
export interface ChangeoverProps {
  /** The environment, as the new balancer knows it. */
  readonly config: Config;
  /** The environment as the balancer before knows it. */
  readonly former: Config;
}

/**
 * How far the change from one balancer to another has come. No deploy moves it: two numbers in the state say it, which only
 * `npm run ops rollout` writes, when the servers have followed. A server is the target of the balancer that it was made for.
 */
export class Changeover extends Construct {
  private readonly usedNumber: BalancerNumber;
  private readonly onlyNumber: BalancerNumber;

  constructor(
    scope: Construct,
    id: string,
    private readonly props: ChangeoverProps,
  ) {
    super(scope, id);
    this.usedNumber = new BalancerNumber(this, "used", props.former.loadBalancer.number);
    this.onlyNumber = new BalancerNumber(this, "only", 0);
  }

  /** What records point at: a value of the new balancer, or of the one before. */
  used(now: string, before: IResolvable): string {
    return Token.asString(conditional(Op.eq(this.usedNumber.value, this.number), now, before));
  }

  /**
   * Where visitors of one of two names are led: to the other one while that alone is served. In between both are, so that no two rules ever
   * lead in a circle. Browsers remember what is said for good, so it is said when nothing is to change any more.
   * @param from the environment under the name that they ask for
   */
  redirectFrom(from: Config): { readonly host: string; readonly statusCode: number; readonly count: number } {
    const { config, former } = this.props;
    const to = from === config ? former : config;
    return {
      host: siteHosts(to)[0],
      statusCode: Token.asNumber(conditional(this.both, 307, 308)),
      count: Token.asNumber(conditional(Op.eq(this.usedNumber.value, to.loadBalancer.number), 1, 0)),
    };
  }

  /** Whether there are two balancers. */
  get both(): IResolvable {
    return Op.neq(this.onlyNumber.value, this.number);
  }

  /** How many there are of what only the balancer before needs. */
  get countBefore(): number {
    return Token.asNumber(conditional(this.both, 1, 0));
  }

  /** How often a server is a target of the new balancer. */
  countOf(server: PlatformServer): number {
    return Token.asNumber(conditional(madeFor(server, agreement(this.props.config)), 1, 0));
  }

  /** How often a server is a target of the balancer before. */
  countBeforeOf(server: PlatformServer): number {
    const isIts = Op.and(this.both, madeFor(server, agreement(this.props.former)));
    return Token.asNumber(conditional(isIts, 1, 0));
  }

  /** Makes every plan name a change that is not at its end. cdktf has no construct for check blocks. */
  get assertion() {
    return {
      condition: Op.eq(this.onlyNumber.value, this.number),
      error_message: "The load balancer migration is unfinished. Run npm run ops rollout.",
    };
  }

  /** The two numbers, for an output. */
  get stage(): Readonly<Record<string, IResolvable>> {
    return { used: this.usedNumber.value, only: this.onlyNumber.value };
  }

  private get number(): number {
    return this.props.config.loadBalancer.number;
  }
}

/** A number in the state: of the balancer that visitors are led to, 0 for either, or beside which there is no other. No deploy changes it. */
class BalancerNumber extends TerraformResource {
  constructor(
    scope: Construct,
    id: string,
    private readonly begins: number,
  ) {
    super(scope, id, { terraformResourceType: "terraform_data", lifecycle: { ignoreChanges: ["input"] } });
  }

  get value(): IResolvable {
    return this.interpolationForAttribute("input");
  }

  protected override synthesizeAttributes(): Record<string, unknown> {
    return { input: this.begins };
  }
}
