import { TerraformResource } from "cdktf";
import { labelsOf } from "../../derived/labels.js";
import type { Policy } from "./policy.js";

/** Labels of a resource. @returns nothing for a resource type without labels */
function labelsInput(node: unknown): Readonly<Record<string, string>> | undefined {
  if (!(node instanceof TerraformResource) || !node.terraformResourceType.startsWith("hcloud_")) return undefined;
  if (!("labelsInput" in node)) return undefined;
  return (node.labelsInput as Readonly<Record<string, string>> | undefined) ?? {};
}

/** Every resource at Hetzner that supports labels has the labels of its environment. */
export const labelsPresent: Policy = {
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
