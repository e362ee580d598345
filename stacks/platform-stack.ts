import { TerraformElement, TerraformResource, TerraformStack } from "cdktf";
import type { Construct, Node } from "constructs";
import memoize from "memoize";
import type { Config } from "../modules/config/schema.js";
import { configureState } from "../modules/terraform/backend.js";
import { encryptState } from "../modules/terraform/encryption.js";

/** Properties of every stack. */
export interface PlatformStackProps {
  readonly config: Config;
}

/** Matches names that Terraform accepts for resources, locals, outputs and variables. */
const terraformName = /^[A-Za-z_][\w-]*$/;

/** Base class of all stacks. The base class sets the id `<environment>-<name>`, the state backend and readable addresses. */
export abstract class PlatformStack extends TerraformStack {
  /** Construct that uses each address. */
  private readonly allocated = new Map<string, Node>();

  constructor(scope: Construct, name: string, { config }: PlatformStackProps) {
    super(scope, `${config.environment}-${name}`);
    configureState(this, config);
    encryptState(this, config);
    // Terraform and OpenTofu support locks in an object storage since version 1.10.
    this.addOverride("terraform.required_version", ">= 1.10");
  }

  /**
   * Returns addresses without cdktf's hash: `hcloud_primary_ip.addresses_alpha_ipv4`. Addresses must stay the same, because Terraform
   * replaces a resource with a changed address. cdktf names outputs for other stacks after an expression with dots, but a name cannot
   * contain dots.
   * @throws Error if Terraform rejects a name, or if two elements of a kind have the same name, because the JSON would contain only one of
   * them
   */
  protected override allocateLogicalId(element: TerraformElement | Node): string {
    return this.nameOf(element);
  }

  /** Returns the name of an element. The result is cached, because cdktf requests each name many times. */
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

/** Returns the kind of an element. Names must be unique within a kind: a resource type, locals, outputs or variables. */
const kindOf = (element: TerraformElement | Node): string =>
  TerraformResource.isTerraformResource(element) ? element.terraformResourceType : element.constructor.name;
