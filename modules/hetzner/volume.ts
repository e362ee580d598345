import { Volume } from "@cdktf/provider-hcloud/lib/volume";
import { Construct } from "constructs";
import type { Config, ServerConfig } from "../config/schema.js";
import { serverLabels } from "../derived/labels.js";

/** Properties of {@link DataVolume}. */
export interface DataVolumeProps {
  /** The environment. */
  readonly config: Config;
  /** Database member that the volume is for. */
  readonly server: ServerConfig;
}

/**
 * The data volume of one database member. It outlives its server, and its size can only grow. The server's payload makes the file system
 * on a blank volume: Hetzner's attribute `format` would show in plans as a change, and format nothing.
 */
export class DataVolume extends Construct {
  /** The volume. */
  readonly volume: Volume;

  constructor(scope: Construct, id: string, { config, server }: DataVolumeProps) {
    super(scope, id);
    this.volume = new Volume(this, "Default", {
      name: `${config.environment}-${server.name}-data`,
      size: config.database.volumeSizeGb,
      location: server.location,
      deleteProtection: config.protect,
      labels: serverLabels(config, server),
      // Hetzner's protection fails in the middle of an apply; this one already refuses the plan.
      lifecycle: { preventDestroy: config.protect },
    });
  }
}
