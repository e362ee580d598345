import { accessRules } from "./access.js";
import { applicationRules } from "./application.js";
import { backupRules } from "./backup.js";
import { bucketRules } from "./buckets.js";
import { monitoringRules } from "./monitoring.js";
import { networkRules } from "./network.js";
import type { Rule } from "./rule.js";
import { serverRules } from "./servers.js";
import { serviceRules } from "./services.js";

export type { Checked, Rule } from "./rule.js";

/** Rules between settings, in the order of the report. */
export const rules: readonly Rule[] = [
  ...networkRules,
  ...serverRules,
  ...accessRules,
  ...serviceRules,
  ...applicationRules,
  ...monitoringRules,
  ...backupRules,
  ...bucketRules,
];
