import { refused } from "./refused.js";

refused("monitoring and state", [
  [
    { monitoring: { monitors: { "cpu-busy": { reason: "builds run at night", critical: 1e-7 } } } },
    "monitoring.monitors.cpu-busy.critical: must be a number without an exponent, got 1e-7; choose a number that is neither extremely large nor extremely small",
  ],
  [
    { cloudflare: { rateLimit: { requestsPer10Seconds: 1e21 } } },
    "cloudflare.rateLimit.requestsPer10Seconds: must be 1000000 or less, got 1e+21; lower it to 1000000",
  ],
  [
    { monitoring: { receivers: { urgent: [] } } },
    'monitoring.receivers.urgent: must contain at least one receiver in production, got []; add a Datadog handle such as "@pagerduty-foobar", or set monitoring.enabled to false',
  ],
  [
    { monitoring: { receivers: { urgent: ["pagerduty-foobar"] } } },
    'monitoring.receivers.urgent[0]: must be a Datadog handle, got "pagerduty-foobar"; write it as "@pagerduty-foobar" or "@jane@foobar.com"',
  ],
  [
    { monitoring: { site: "eu" } },
    'monitoring.site: must be one of "datadoghq.com", "us3.datadoghq.com", "us5.datadoghq.com", "datadoghq.eu", "ap1.datadoghq.com", "ap2.datadoghq.com", "ddog-gov.com", got "eu"; choose one of datadoghq.com, us3.datadoghq.com, us5.datadoghq.com, datadoghq.eu, ap1.datadoghq.com, ap2.datadoghq.com, ddog-gov.com',
  ],
  [
    {
      backend: {
        acceptLocalState: undefined,
        type: "s3",
        bucket: "Foobar State",
        endpoint: "https://fsn1.your-objectstorage.com",
        region: "fsn1",
      },
    },
    'backend.bucket: must be a bucket name of 3 to 63 lower-case letters, digits and hyphens, got "Foobar State"; write it as "foobar-terraform-state"',
  ],
]);
