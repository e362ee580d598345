import { rule, unless, type Checked } from "./rule.js";

/** The buckets of an environment, with the path of their settings. */
const buckets = ({
  application: { storage },
  backup,
  backend,
}: Pick<Checked, "application" | "backup" | "backend">) => [
  ...(storage ? [{ path: "application.storage", ...storage }] : []),
  ...(backup ? [{ path: "backup", ...backup }] : []),
  ...(backend.type === "s3" ? [{ path: "backend", ...backend }] : []),
];

const hostOf = (endpoint: string): string => new URL(endpoint).hostname;

/** Consoles show the URL of the bucket, but clients add the bucket's name to the endpoint themselves. */
const endpointWithoutBucket = rule(["application", "backup", "backend"], (sections) =>
  buckets(sections).flatMap(({ path, endpoint, bucket }) =>
    unless(!hostOf(endpoint).startsWith(`${bucket}.`), () => ({
      path: `${path}.endpoint`,
      rule: `must not begin with the bucket (${bucket})`,
      got: endpoint,
      fix: `write it as https://${hostOf(endpoint).slice(bucket.length + 1)}`,
    })),
  ),
);

/** Vendors whose endpoints contain the region. */
const regionalEndpoint =
  /^(?:s3[.-])?([a-z0-9-]+)\.(?:your-objectstorage\.com|amazonaws\.com|backblazeb2\.com|wasabisys\.com|scw\.cloud|io\.cloud\.ovh\.net)$/;

/** The endpoints of these vendors contain the region. */
const regionOfEndpoint = rule(["application", "backup", "backend"], (sections) =>
  buckets(sections).flatMap(({ path, endpoint, region }) => {
    const location = regionalEndpoint.exec(hostOf(endpoint))?.[1];
    return unless(location === undefined || location === region, () => ({
      path: `${path}.region`,
      rule: `must be the region of the endpoint (${endpoint})`,
      got: region,
      fix: `write "${location}", or another endpoint`,
    }));
  }),
);

/**
 * Servers have keys of the buckets for releases and for the archive, so the bucket of the state must be separate: it contains all
 * secrets.
 */
const bucketsApart = rule(["application", "backup", "backend"], (sections) => {
  const all = buckets(sections);
  return all.flatMap(({ path, endpoint, bucket }, index) =>
    all
      .slice(index + 1)
      .filter((other) => other.bucket === bucket && hostOf(other.endpoint) === hostOf(endpoint))
      .map((other) => ({
        path: `${path}.bucket`,
        rule: `must differ from ${other.path}.bucket, because servers have a key of this bucket`,
        got: bucket,
        fix: "create another bucket in a separate project",
      })),
  );
});

/** Rules about object storages. */
export const bucketRules = [endpointWithoutBucket, regionOfEndpoint, bucketsApart];
