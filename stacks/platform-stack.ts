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

/** Names that Terraform accepts for resources, locals, outputs and variables. */
const terraformName = /^[A-Za-z_][\w-]*$/;

/** Base of all stacks: id `<environment>-<name>`, state backend and readable addresses. */
export abstract class PlatformStack extends TerraformStack {
  /** Construct of each address. */
  private readonly allocated = new Map<string, Node>();

  constructor(scope: Construct, name: string, { config }: PlatformStackProps) {
    super(scope, `${config.environment}-${name}`);
    configureState(this, config);
    encryptState(this, config);
    // Terraform and OpenTofu support locks in an object storage since 1.10.
    this.addOverride("terraform.required_version", ">= 1.10");
  }

  /**
   * Addresses without cdktf's hash: `hcloud_primary_ip.addresses_alpha_ipv4`. They stay stable: a changed address replaces the resource.
   * cdktf names outputs for other stacks after an expression with dots, which a name cannot contain.
   * @throws Error for a name that Terraform rejects, or that two elements of a kind share, because the JSON would contain only one of them
   */
  protected override allocateLogicalId(element: TerraformElement | Node): string {
    return this.nameOf(element);
  }

  /** cdktf asks for each name many times. */
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

/** Each resource type has its own namespace, as have locals, outputs and variables. */
const kindOf = (element: TerraformElement | Node): string =>
  TerraformResource.isTerraformResource(element) ? element.terraformResourceType : element.constructor.name;
