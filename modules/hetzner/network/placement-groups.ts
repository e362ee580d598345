import { PlacementGroup } from "@cdktf/provider-hcloud/lib/placement-group";
import { Construct } from "constructs";
import type { Config, ServerConfig } from "../../config/schema.js";
import { labelsOf } from "../../derived/labels.js";

/** Properties of {@link PlacementGroups}. */
export interface PlacementGroupsProps {
  /** Configuration of the environment, which lists the placement groups of its servers. */
  readonly config: Config;
}

/**
 * Creates spread placement groups. Servers of one group never share a physical machine. Hetzner allows at most ten
 * servers in a group, so larger environments use several groups (`servers/<name>/placementGroup`). A server refers to
 * its group by name, so changes of other servers do not affect it.
 */
export class PlacementGroups extends Construct {
  private readonly groups = new Map<string, PlacementGroup>();

  constructor(scope: Construct, id: string, { config }: PlacementGroupsProps) {
    super(scope, id);
    for (const name of new Set(config.servers.map((server) => server.placementGroup)))
      this.groups.set(
        name,
        new PlacementGroup(this, name, {
          name: `${config.environment}-${name}`,
          type: "spread",
          labels: labelsOf(config),
        }),
      );
  }

  /** Returns the placement group of a server. @throws Error if no configured server uses the group */
  of(server: ServerConfig): PlacementGroup {
    const group = this.groups.get(server.placementGroup);
    if (!group) throw new Error(`placement group ${server.placementGroup} of ${server.name} is not in this stack`);
    return group;
  }
}
