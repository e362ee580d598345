import { formerDomain } from "../schema.js";
import { rule, unless } from "./rule.js";

const timeoutBelowInterval = rule(["loadBalancer"], ({ loadBalancer: { healthCheck } }) =>
  unless(healthCheck.timeoutSeconds < healthCheck.intervalSeconds, () => ({
    path: "loadBalancer.healthCheck.timeoutSeconds",
    rule: `must be less than intervalSeconds (${healthCheck.intervalSeconds})`,
    got: healthCheck.timeoutSeconds,
    fix: `lower it to ${healthCheck.intervalSeconds - 1}, or raise the interval`,
  })),
);

const domainInZone = rule(["domain", "cloudflare"], ({ domain, cloudflare: { zoneName } }) =>
  unless(zoneName === undefined || domain === zoneName || domain.endsWith(`.${zoneName}`), () => ({
    path: "cloudflare.zoneName",
    rule: `must be the zone that contains domain (${domain})`,
    got: zoneName,
    fix: `write "${domain}" or a parent domain of it, or remove the setting`,
  })),
);

/**
 * Checks that the old and the new domain have separate zones, because a zone has only one set of rules and settings.
 * Also checks that the new domain's certificate is issued in addition to the current certificate.
 */
const domainsApart = rule(
  ["domain", "cloudflare", "loadBalancer", "certificate"],
  ({ domain, cloudflare, loadBalancer, certificate: { generation } }) => {
    const { formerly } = loadBalancer;
    const former = formerDomain({ domain, loadBalancer });
    if (former === undefined)
      return unless(formerly?.zoneName === undefined, () => ({
        path: "loadBalancer.formerly.zoneName",
        rule: "must be combined with a loadBalancer.formerly.domain that differs from domain",
        got: formerly?.zoneName,
        fix: "remove loadBalancer.formerly.zoneName",
      }));
    const { zoneName = former } = formerly ?? {};
    return [
      ...unless(former === zoneName || former.endsWith(`.${zoneName}`), () => ({
        path: "loadBalancer.formerly.zoneName",
        rule: `must be the zone that contains loadBalancer.formerly.domain (${former})`,
        got: zoneName,
        fix: `write "${former}" or a parent domain of it, or remove the setting`,
      })),
      ...unless(zoneName !== (cloudflare.zoneName ?? domain), () => ({
        path: "loadBalancer.formerly.domain",
        rule: `must be in another zone than domain (${domain}), because a zone has only one set of rules`,
        got: former,
        fix: 'remove loadBalancer.formerly, and change the domain manually: docs/changes.md, "Within one zone"',
      })),
      ...unless(generation > 1, () => ({
        path: "certificate.generation",
        rule: "must be raised by one if the domain changes, because the new domain needs a new certificate",
        got: generation,
        fix: "write 2",
      })),
    ];
  },
);

/** Minimum max-age in seconds that browser vendors require for preloading (hstspreload.org). */
const preloadSeconds = 31_536_000;

const preloadAllowed = rule(["cloudflare"], ({ cloudflare: { hsts } }) =>
  unless(!hsts.preload || (hsts.maxAgeSeconds >= preloadSeconds && hsts.includeSubdomains), () => ({
    path: "cloudflare.hsts.preload",
    rule: `requires includeSubdomains and a maxAgeSeconds of at least ${preloadSeconds}`,
    got: hsts,
    fix: "raise maxAgeSeconds and include subdomains, or set preload to false",
  })),
);

const somebodyWakesUp = rule(["environment", "monitoring"], ({ environment, monitoring }) =>
  unless(environment !== "production" || !monitoring.enabled || monitoring.receivers.urgent.length > 0, () => ({
    path: "monitoring.receivers.urgent",
    rule: "must contain at least one receiver in production",
    got: monitoring.receivers.urgent,
    fix: 'add a Datadog handle such as "@pagerduty-foobar", or set monitoring.enabled to false',
  })),
);

/** Rules about the load balancer, Cloudflare and receivers of urgent alerts. */
export const serviceRules = [timeoutBelowInterval, domainInZone, domainsApart, preloadAllowed, somebodyWakesUp];
