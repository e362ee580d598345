import type { SyntheticsTestAssertion } from "@cdktf/provider-datadog/lib/synthetics-test/index.js";
import type { Config } from "../config/schema.js";
import { isOn } from "./catalogue/index.js";
import type { Alert } from "./definition.js";
import type { MonitoringContext } from "./scope.js";

/** A synthetic test, which Datadog runs against the site from several locations on the internet. */
export interface SyntheticTest extends Alert {
  readonly subtype: "http" | "dns" | "ssl";
  /** Target of the test: a URL for `http`, a host name for `dns` and `ssl`. */
  readonly target: string;
  readonly assertions: readonly SyntheticsTestAssertion[];
  readonly intervalSeconds: number;
}

const slowSeconds = 3600;
const status = (code: number): SyntheticsTestAssertion => ({
  type: "statusCode",
  operator: "is",
  target: String(code),
});
const within = (milliseconds: number): SyntheticsTestAssertion => ({
  type: "responseTime",
  operator: "lessThan",
  target: String(milliseconds),
});

const host = ({ domain }: Config): string => `www.${domain}`;

/** Returns the test of the application's status, or no test if the application has no status path. */
function statusCheck(config: Config, intervalSeconds: number): readonly SyntheticTest[] {
  const { statusPath } = config.application;
  if (statusPath === undefined) return [];
  return [
    {
      id: "api-check",
      title: "The API does not answer",
      urgency: "urgent",
      priority: 1,
      meaning: "For visitors the API is down or slow, or it reports another environment's name.",
      firstLook: ["Check whether page-check also fails.", "Read the application's error logs."],
      subtype: "http",
      target: `https://${host(config)}${statusPath}`,
      assertions: [
        status(200),
        {
          type: "body",
          operator: "validatesJSONPath",
          targetjsonpath: { jsonpath: "$.environment", operator: "is", targetvalue: config.environment },
        },
        within(3000),
      ],
      intervalSeconds,
    },
  ];
}

/** Returns all synthetic tests with their defaults. */
export function allSynthetics({ config }: MonitoringContext): readonly SyntheticTest[] {
  const site = `https://${host(config)}`;
  const intervalSeconds = config.monitoring.synthetics.intervalSeconds;
  return [
    {
      id: "page-check",
      title: "The page does not load",
      urgency: "urgent",
      priority: 1,
      meaning: "Tests from several locations fail, so visitors do not get the page.",
      firstLook: [
        "Open the page in your browser.",
        "Check Cloudflare's status page.",
        "Check whether server-errors, application-down or visitors-gone alerts.",
      ],
      subtype: "http",
      target: `${site}${config.application.pagePath}`,
      assertions: [
        status(200),
        { type: "header", property: "content-type", operator: "contains", target: "text/html" },
        within(3000),
      ],
      intervalSeconds,
    },
    ...statusCheck(config, intervalSeconds),
    {
      id: "redirect-check",
      title: "HTTP is not redirected to HTTPS",
      urgency: "notUrgent",
      priority: 3,
      meaning: "Visitors who enter the name without https:// get no answer or an unencrypted answer.",
      firstLook: ["Run `curl -sI` with the http:// address.", "Check Always Use HTTPS in the Cloudflare zone."],
      subtype: "http",
      target: `http://${host(config)}/`,
      assertions: [status(301), { type: "header", property: "location", operator: "is", target: `${site}/` }],
      intervalSeconds: slowSeconds,
    },
    {
      id: "dns-check",
      title: "The site's name does not resolve",
      urgency: "urgent",
      priority: 1,
      meaning: "Visitors whose resolver has no cached answer cannot find the site.",
      firstLook: [
        "Check at the registrar whether the domain is paid and uses Cloudflare's name servers.",
        "Check the DNS records and DNSSEC of the zone.",
      ],
      subtype: "dns",
      target: host(config),
      assertions: [{ type: "recordSome", property: "A", operator: "matches", target: "^[0-9.]+$" }, within(1000)],
      intervalSeconds,
    },
    {
      id: "certificate-check",
      title: "Browsers will reject the certificate",
      urgency: "urgent",
      priority: 2,
      meaning: "The certificate at the edge is wrong, or it expires within 14 days and was not renewed.",
      firstLook: ["Check SSL/TLS > Edge Certificates at Cloudflare.", "Check whether edge-certificate alerts."],
      subtype: "ssl",
      target: host(config),
      assertions: [{ type: "certificate", operator: "isInMoreThan", target: "14" }],
      intervalSeconds: slowSeconds,
    },
  ];
}

/** Returns the synthetic tests of an environment. Omits tests that the configuration disables. */
export const synthetics = (context: MonitoringContext): readonly SyntheticTest[] =>
  allSynthetics(context)
    .filter(({ id }) => isOn(context, id))
    .map((test) => ({ ...test, urgency: context.config.monitoring.monitors[test.id]?.urgency ?? test.urgency }));

/** Returns the number of test runs in a month of 30 days. Datadog bills each run. */
export const runsPerMonth = (tests: readonly SyntheticTest[], locations: number): number =>
  tests.reduce((sum, { intervalSeconds }) => sum + (locations * 30 * 86_400) / intervalSeconds, 0);
