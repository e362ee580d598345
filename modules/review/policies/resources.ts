import { LoadBalancer } from "@cdktf/provider-hcloud/lib/load-balancer";
import { Network } from "@cdktf/provider-hcloud/lib/network";
import { NetworkSubnet } from "@cdktf/provider-hcloud/lib/network-subnet";
import { PrimaryIp } from "@cdktf/provider-hcloud/lib/primary-ip";
import { Server } from "@cdktf/provider-hcloud/lib/server";
import { Volume } from "@cdktf/provider-hcloud/lib/volume";
import type { IConstruct } from "constructs";
import type { Policy } from "./policy.js";
import { TerraformResource } from "cdktf";
import { labelsOf } from "../../derived/labels.js";

/**
 * Returns the protections of a resource by name, or an empty object if Hetzner has no protection for the resource type.
 * Hetzner's protection rejects a deletion only during an apply, but prevent_destroy rejects the plan.
 */
function protectionsOf(node: IConstruct): Readonly<Record<string, unknown>> {
  if (
    node instanceof Server ||
    node instanceof Volume ||
    node instanceof Network ||
    node instanceof PrimaryIp ||
    node instanceof LoadBalancer
  )
    return {
      delete_protection: node.deleteProtectionInput,
      ...(node instanceof Server && { rebuild_protection: node.rebuildProtectionInput }),
      prevent_destroy: node.lifecycle?.preventDestroy,
    };
  // Hetzner protects the subnet together with its network. The subnet also needs prevent_destroy, because a changed
  // address range would disconnect all servers.
  if (node instanceof NetworkSubnet) return { prevent_destroy: node.lifecycle?.preventDestroy };
  return {};
}

/**
 * Policy that Terraform and Hetzner reject the deletion of production's servers, data, addresses, network and load
 * balancer.
 */
const protectedInProduction: Policy = {
  id: "protected-in-production",
  description: "in production, resources that hold data or serve visitors cannot be deleted by mistake",
  isAccepted: (config) => config.acceptUnprotected,
  check: (node, config) => {
    if (config.environment !== "production") return [];
    const missing = Object.entries(protectionsOf(node)).filter(([, value]) => value !== true);
    if (missing.length === 0) return [];
    return [
      {
        what: `missing in production: ${missing.map(([name]) => name).join(", ")}`,
        why: "one wrong command could delete the site or its data",
        fix: "remove protect: false, or set acceptUnprotected: true to destroy the environment",
      },
    ];
  },
};

/** Returns the labels of a resource, or nothing for a resource type without labels. */
function labelsInput(node: unknown): Readonly<Record<string, string>> | undefined {
  if (!(node instanceof TerraformResource) || !node.terraformResourceType.startsWith("hcloud_")) return undefined;
  if (!("labelsInput" in node)) return undefined;
  return (node.labelsInput as Readonly<Record<string, string>> | undefined) ?? {};
}

/** Policy that every Hetzner resource with labels has the labels of its environment. */
const labelsPresent: Policy = {
  id: "labels-present",
  description: "every resource at Hetzner has a label with its environment",
  check: (node, config) => {
    const labels = labelsInput(node);
    if (!labels) return [];
    return Object.entries(labelsOf(config))
      .filter(([key, value]) => labels[key] !== value)
      .map(([key, value]) => ({
        what: `label ${key} must be "${value}", got ${JSON.stringify(labels[key])}`,
        why: "people and bills distinguish environments by labels",
        fix: "set labelsOf(config) or serverLabels(config, server)",
      }));
  },
};

/** Policies about all resources at Hetzner. */
export const resourcePolicies: readonly Policy[] = [protectedInProduction, labelsPresent];
