import { conditional, Op, TerraformResource, Token, type IResolvable } from "cdktf";
import { Construct } from "constructs";
import { agreement } from "../../derived/agreement.js";
import type { Config } from "../../config/schema.js";
import { siteHosts } from "../../platform/names.js";
import type { PlatformServer } from "../server/index.js";
import { madeFor } from "./agrees-with.js";

/** Properties of {@link BalancerMigration}. */
export interface BalancerMigrationProps {
  /** The environment that the new balancer is created for. */
  readonly config: Config;
  /** The environment that the previous balancer was created for. */
  readonly former: Config;
}

/**
 * Progress of a migration from one balancer to another. Two numbers in the state hold it. No deploy changes them; only
 * `npm run ops rollout` writes them, after the servers have followed. A server is a target of the balancer that it was created for.
 */
export class BalancerMigration extends Construct {
  private readonly usedNumber: BalancerNumber;
  private readonly onlyNumber: BalancerNumber;

  constructor(
    scope: Construct,
    id: string,
    private readonly props: BalancerMigrationProps,
  ) {
    super(scope, id);
    this.usedNumber = new BalancerNumber(this, "used", props.former.loadBalancer.number);
    this.onlyNumber = new BalancerNumber(this, "only", 0);
  }

  /** Value for DNS records: that of the new balancer or that of the previous balancer. */
  used(now: string, before: IResolvable): string {
    return Token.asString(conditional(Op.eq(this.usedNumber.value, this.number), now, before));
  }

  /**
   * Redirect from one of two names to the other while only the other name is served. In between, both names are served, so two rules never
   * form a loop. Browsers remember permanent redirects, so a redirect becomes permanent only at the end of the migration.
   * @param from the environment with the requested name
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

  /** Number of instances of resources that only the previous balancer needs. */
  get countBefore(): number {
    return Token.asNumber(conditional(this.both, 1, 0));
  }

  /** Whether a server is a target of the new balancer, as a count of 0 or 1. */
  countOf(server: PlatformServer): number {
    return Token.asNumber(conditional(madeFor(server, agreement(this.props.config)), 1, 0));
  }

  /** Whether a server is a target of the previous balancer, as a count of 0 or 1. */
  countBeforeOf(server: PlatformServer): number {
    const isIts = Op.and(this.both, madeFor(server, agreement(this.props.former)));
    return Token.asNumber(conditional(isIts, 1, 0));
  }

  /** Makes every plan warn of an unfinished migration. cdktf has no construct for check blocks. */
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

/**
 * Number in the state that selects the load balancer for visitors. 0 means that both serve, or that only one exists. No deploy changes
 * it.
 */
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
