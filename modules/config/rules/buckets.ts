import { rule, unless, type Checked } from "./rule.js";

/** Returns the buckets of an environment, each with the path of its settings. */
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

/**
 * Checks that no endpoint contains the name of its bucket. Web consoles show a URL that contains the bucket, but
 * clients themselves add the name of the bucket to the endpoint.
 */
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

/** Matches endpoints of storage vendors whose endpoints contain the region. */
const regionalEndpoint =
  /^(?:s3[.-])?([a-z0-9-]+)\.(?:your-objectstorage\.com|amazonaws\.com|backblazeb2\.com|wasabisys\.com|scw\.cloud|io\.cloud\.ovh\.net)$/;

/** Checks that the setting `region` equals the region in the endpoint. */
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
 * Checks that Terraform's state has its own bucket, because the state contains all secrets and servers have keys for
 * the buckets of releases and the archive.
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
