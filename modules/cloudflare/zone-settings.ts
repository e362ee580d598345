import { ZoneSetting, type ZoneSettingConfig } from "@cdktf/provider-cloudflare/lib/zone-setting/index.js";
import type { Construct } from "constructs";
import type { Config } from "../config/schema.js";
import type { ZoneContext } from "./context.js";

/** Returns the zone settings by their names at Cloudflare. The settings remain if the stack is destroyed. */
const zoneSettingsOf = ({ cloudflare }: Config): Readonly<Record<string, unknown>> => ({
  ssl: "strict",
  min_tls_version: cloudflare.minimumTlsVersion,
  tls_1_3: "on",
  always_use_https: "on",
  http3: "on",
  security_header: {
    strict_transport_security: {
      enabled: cloudflare.hsts.maxAgeSeconds > 0,
      max_age: cloudflare.hsts.maxAgeSeconds,
      include_subdomains: cloudflare.hsts.includeSubdomains,
      preload: cloudflare.hsts.preload,
      nosniff: true,
    },
  },
});

/** Sets TLS, HTTPS and HSTS for the whole zone. */
export function addZoneSettings(scope: Construct, { config, zoneId }: ZoneContext): void {
  for (const [settingId, value] of Object.entries(zoneSettingsOf(config)))
    new ZoneSetting(scope, `setting-${settingId.replaceAll("_", "-")}`, {
      zoneId,
      settingId,
      // The Terraform provider accepts texts and objects, but the generated TypeScript type allows only objects.
      value: value as ZoneSettingConfig["value"],
    });
}
