import { conditional, Op, TerraformResource, Token, type IResolvable } from "cdktf";
import { Construct } from "constructs";
import { agreement } from "../../derived/agreement.js";
import type { Config } from "../../config/schema.js";
import { siteHosts } from "../../platform/names.js";
import type { PlatformServer } from "../server/index.js";
import { madeFor } from "./agrees-with.js";

/** Properties of {@link BalancerMigration}. */
export interface BalancerMigrationProps {
  /** Configuration of the environment with the new load balancer. */
  readonly config: Config;
  /** Configuration of the environment with the previous load balancer. */
  readonly former: Config;
}

/**
 * Progress of a migration from one load balancer to another, stored as two numbers in the state. No deploy changes the
 * numbers. Only `npm run ops rollout` changes them, after the servers have been replaced. A server is a target of that
 * load balancer for which the server was created.
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

  /**
   * Returns the value of the DNS records: `now` if visitors use the new load balancer, or `before` if visitors use the
   * previous load balancer.
   */
  used(now: string, before: IResolvable): string {
    return Token.asString(conditional(Op.eq(this.usedNumber.value, this.number), now, before));
  }

  /**
   * Returns the redirect from one host name to the other host name while the site serves only the other host name. In
   * the middle of a migration the site serves both host names, so that two redirects never form a loop. Browsers
   * remember permanent redirects, so a redirect becomes permanent only at the end of the migration.
   * @param from the configuration with the requested host name
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

  /** Expression that is true while both load balancers exist. */
  get both(): IResolvable {
    return Op.neq(this.onlyNumber.value, this.number);
  }

  /** Terraform count of resources that only the previous load balancer needs. */
  get countBefore(): number {
    return Token.asNumber(conditional(this.both, 1, 0));
  }

  /** Returns 1 if a server is a target of the new load balancer, otherwise 0. */
  countOf(server: PlatformServer): number {
    return Token.asNumber(conditional(madeFor(server, agreement(this.props.config)), 1, 0));
  }

  /** Returns 1 if a server is a target of the previous load balancer, otherwise 0. */
  countBeforeOf(server: PlatformServer): number {
    const isIts = Op.and(this.both, madeFor(server, agreement(this.props.former)));
    return Token.asNumber(conditional(isIts, 1, 0));
  }

  /** Assertion for a check block, so that every plan warns of an unfinished migration. cdktf has no construct for check blocks. */
  get assertion() {
    return {
      condition: Op.eq(this.onlyNumber.value, this.number),
      error_message: "The load balancer migration is unfinished. Run npm run ops rollout.",
    };
  }

  /** Both numbers of the migration, for a Terraform output. */
  get stage(): Readonly<Record<string, IResolvable>> {
    return { used: this.usedNumber.value, only: this.onlyNumber.value };
  }

  private get number(): number {
    return this.props.config.loadBalancer.number;
  }
}

/**
 * Number in the state that selects the load balancer for visitors. 0 means that both load balancers serve visitors, or
 * that only one load balancer exists. No deploy changes this number.
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
