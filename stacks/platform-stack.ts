import { TerraformElement, TerraformStack } from "cdktf";
import type { Construct, Node } from "constructs";
import type { Config } from "../modules/config/schema.js";
import { configureState } from "../modules/state/index.js";

/** Properties of every stack. */
export interface PlatformStackProps {
  readonly config: Config;
}

/** What all stacks share: the id `<environment>-<name>`, the state backend, and readable addresses. */
export abstract class PlatformStack extends TerraformStack {
  constructor(scope: Construct, name: string, { config }: PlatformStackProps) {
    super(scope, `${config.environment}-${name}`);
    configureState(this, config);
    // Locks in an object storage came with it, in Terraform and in OpenTofu.
    this.addOverride("terraform.required_version", ">= 1.10");
  }

  /**
   * Addresses without cdktf's hash: `hcloud_primary_ip.addresses_alpha_ipv4`. They are a contract: a changed address replaces the resource.
   * Construct ids hold no underscore of their own, so two paths never give one address. Outputs that cdktf makes for other stacks
   * are named after an expression with dots, which a name cannot hold.
   */
  protected override allocateLogicalId(element: TerraformElement | Node): string {
    const node = TerraformElement.isTerraformElement(element) ? element.node : element;
    const path = node.scopes.slice(node.scopes.indexOf(this) + 1).map((construct) => construct.node.id);
    return path
      .filter((id) => id !== "Default")
      .join("_")
      .replaceAll(".", "-");
  }
}
