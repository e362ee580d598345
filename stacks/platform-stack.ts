import { TerraformElement, TerraformResource, TerraformStack } from "cdktf";
import type { Construct, Node } from "constructs";
import memoize from "memoize";
import type { Config } from "../modules/config/schema.js";
import { configureState } from "../modules/terraform/backend.js";
import { encryptState } from "../modules/terraform/encryption.js";

/** Properties of every stack. */
export interface PlatformStackProps {
  /** The environment. */
  readonly config: Config;
}

/** What Terraform takes for the name of anything. */
const terraformName = /^[A-Za-z_][\w-]*$/;

/** What all stacks share: the id `<environment>-<name>`, the state backend, and readable addresses. */
export abstract class PlatformStack extends TerraformStack {
  /** Construct that each address belongs to. */
  private readonly allocated = new Map<string, Node>();

  constructor(scope: Construct, name: string, { config }: PlatformStackProps) {
    super(scope, `${config.environment}-${name}`);
    configureState(this, config);
    encryptState(this, config);
    // With 1.10 came locks in an object storage, in Terraform and in OpenTofu.
    this.addOverride("terraform.required_version", ">= 1.10");
  }

  /**
   * Addresses without cdktf's hash: `hcloud_primary_ip.addresses_alpha_ipv4`. They are a contract: a changed address replaces the resource.
   * Outputs that cdktf makes for other stacks are named after an expression with dots, which a name cannot hold.
   * @throws Error for a name that Terraform would refuse, or that two elements of a kind would share: the JSON would hold one of them
   */
  protected override allocateLogicalId(element: TerraformElement | Node): string {
    return this.nameOf(element);
  }

  /** cdktf asks for each name again and again. */
  private readonly nameOf = memoize((element: TerraformElement | Node): string => {
    const node = TerraformElement.isTerraformElement(element) ? element.node : element;
    const path = node.scopes.slice(node.scopes.indexOf(this) + 1).map((construct) => construct.node.id);
    const id = path
      .filter((part) => part !== "Default")
      .join("_")
      .replaceAll(".", "-");
    if (!terraformName.test(id))
      throw new Error(
        `${node.path}: a Terraform name may contain only letters, digits, _ and -, got "${id}"; change the id`,
      );
    const address = `${kindOf(element)}.${id}`;
    const owner = this.allocated.get(address) ?? node;
    if (owner !== node) throw new Error(`${node.path} and ${owner.path} would both be ${address}; change an id`);
    this.allocated.set(address, node);
    return id;
  });
}

/** Names of different kinds do not meet: each resource type has its own, and so have locals, outputs and variables. */
const kindOf = (element: TerraformElement | Node): string =>
  TerraformResource.isTerraformResource(element) ? element.terraformResourceType : element.constructor.name;
