import type { SyntheticsTestAssertion } from "@cdktf/provider-datadog/lib/synthetics-test/index.js";
import type { Config } from "../config/schema.js";
import { isOn } from "./catalogue/index.js";
import type { Alert } from "./definition.js";
import type { MonitoringContext } from "./scope.js";

/** A look from outside, from several places. */
export interface SyntheticTest extends Alert {
  readonly subtype: "http" | "dns" | "ssl";
  /** URL for http, host name for the others. */
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

/** The look at the application's own word, where it has one. */
function statusCheck(config: Config, intervalSeconds: number): readonly SyntheticTest[] {
  const { statusPath } = config.application;
  if (statusPath === undefined) return [];
  return [
    {
      id: "api-check",
      title: "The API does not answer",
      urgency: "urgent",
      priority: 1,
      meaning: "Seen from outside: the API is down, slow, or answers as another environment.",
      firstLook: ["page-check: the whole site or the API alone", "application's error logs"],
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

/** All tests with their defaults. */
export function allSynthetics({ config }: MonitoringContext): readonly SyntheticTest[] {
  const site = `https://${host(config)}`;
  const intervalSeconds = config.monitoring.synthetics.intervalSeconds;
  return [
    {
      id: "page-check",
      title: "The page does not load",
      urgency: "urgent",
      priority: 1,
      meaning: "Seen from outside, from several places: visitors do not get the page.",
      firstLook: ["does it load for you", "Cloudflare status", "server-errors, application-down, visitors-gone"],
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
      meaning: "Visitors who type the bare name get no answer or an unencrypted one.",
      firstLook: ["`curl -sI` of the http address", "Always Use HTTPS in the Cloudflare zone"],
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
      meaning: "Nobody without a cached answer finds the site.",
      firstLook: ["registrar: domain paid, name servers Cloudflare's", "DNS records of the zone, DNSSEC"],
      subtype: "dns",
      target: host(config),
      assertions: [{ type: "recordSome", property: "A", operator: "matches", target: "^[0-9.]+$" }, within(1000)],
      intervalSeconds,
    },
    {
      id: "certificate-check",
      title: "Browsers will refuse the certificate",
      urgency: "urgent",
      priority: 2,
      meaning: "The certificate at the edge is wrong, or ends within 14 days and was not renewed.",
      firstLook: ["SSL/TLS, Edge Certificates in the Cloudflare dashboard", "edge-certificate: since when"],
      subtype: "ssl",
      target: host(config),
      assertions: [{ type: "certificate", operator: "isInMoreThan", target: "14" }],
      intervalSeconds: slowSeconds,
    },
  ];
}

/** Tests of an environment: without those its configuration switches off. */
export const synthetics = (context: MonitoringContext): readonly SyntheticTest[] =>
  allSynthetics(context)
    .filter(({ id }) => isOn(context, id))
    .map((test) => ({ ...test, urgency: context.config.monitoring.monitors[test.id]?.urgency ?? test.urgency }));

/** Runs in a month of 30 days, which is what Datadog bills. */
export const runsPerMonth = (tests: readonly SyntheticTest[], locations: number): number =>
  tests.reduce((sum, { intervalSeconds }) => sum + (locations * 30 * 86_400) / intervalSeconds, 0);
