import { Volume } from "@cdktf/provider-hcloud/lib/volume";
import { Construct } from "constructs";
import type { Config, ServerConfig } from "../config/schema.js";
import { serverLabels } from "../config/labels.js";

/** Properties of {@link DataVolume}. */
export interface DataVolumeProps {
  /** The environment. */
  readonly config: Config;
  /** Database member that the volume is for. */
  readonly server: ServerConfig;
}

/**
 * The disk of one database member. It outlives its server. It only grows, and the server's payload makes the file system
 * when the disk is blank: Hetzner's `format` would show in plans as a change that formats nothing.
 */
export class DataVolume extends Construct {
  /** The volume. */
  readonly volume: Volume;

  constructor(scope: Construct, id: string, { config, server }: DataVolumeProps) {
    super(scope, id);
    this.volume = new Volume(this, "Default", {
      name: `${config.environment}-${server.name}-data`,
      size: config.database.volumeSizeGb,
      location: config.location,
      deleteProtection: config.protect,
      labels: serverLabels(config, server),
      // Hetzner's protection fails in the middle of an apply; this one already refuses the plan.
      lifecycle: { preventDestroy: config.protect },
    });
  }
}
