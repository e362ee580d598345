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
    rule: `must be the zone that holds domain (${domain})`,
    got: zoneName,
    fix: `write "${domain}" or a parent of it, or leave it out`,
  })),
);

/** What browser vendors ask before they ship a domain (hstspreload.org). */
const preloadSeconds = 31_536_000;

const preloadAllowed = rule(["cloudflare"], ({ cloudflare: { hsts } }) =>
  unless(!hsts.preload || (hsts.maxAgeSeconds >= preloadSeconds && hsts.includeSubdomains), () => ({
    path: "cloudflare.hsts.preload",
    rule: `must go with includeSubdomains and maxAgeSeconds of at least ${preloadSeconds}`,
    got: hsts,
    fix: "raise maxAgeSeconds and include subdomains, or set preload to false",
  })),
);

const somebodyWakesUp = rule(["environment", "monitoring"], ({ environment, monitoring }) =>
  unless(environment !== "production" || !monitoring.enabled || monitoring.receivers.urgent.length > 0, () => ({
    path: "monitoring.receivers.urgent",
    rule: "must name a receiver in production",
    got: monitoring.receivers.urgent,
    fix: 'add a Datadog handle such as "@pagerduty-foobar", or set monitoring.enabled to false',
  })),
);

/** Rules about the balancer, Cloudflare and who is woken. */
export const serviceRules = [timeoutBelowInterval, domainInZone, preloadAllowed, somebodyWakesUp];
