import { Volume } from "@cdktf/provider-hcloud/lib/volume";
import { Construct } from "constructs";
import type { Config, ServerConfig } from "../config/schema.js";
import { serverLabels } from "../derived/labels.js";

/** Properties of {@link DataVolume}. */
export interface DataVolumeProps {
  readonly config: Config;
  /** Database member that uses the volume. */
  readonly server: ServerConfig;
}

/**
 * Creates the data volume of one database member. The volume is kept when the server is replaced, and it can only grow.
 * The payload formats an empty volume. The construct does not set Hetzner's attribute `format`, because plans would
 * show a change of the attribute although it has no effect.
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
      // Hetzner's own protection is not used, because it would fail in the middle of an apply. `prevent_destroy` already rejects the plan.
      lifecycle: { preventDestroy: config.protect },
    });
  }
}
