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
 * The data volume of one database member. It is kept when the server is replaced, and it can only grow. The payload formats an empty
 * volume: a change of Hetzner's attribute `format` would only appear in plans, without any effect.
 */
export class DataVolume extends Construct {
  readonly volume: Volume;

  constructor(scope: Construct, id: string, { config, server }: DataVolumeProps) {
    super(scope, id);
    this.volume = new Volume(this, "Default", {
      name: `${config.environment}-${server.name}-data`,
      size: config.database.volumeSizeGb,
      location: server.location,
      deleteProtection: config.protect,
      labels: serverLabels(config, server),
      // Hetzner's protection would fail in the middle of an apply; `prevent_destroy` already rejects the plan.
      lifecycle: { preventDestroy: config.protect },
    });
  }
}
