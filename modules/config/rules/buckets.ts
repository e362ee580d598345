import { rule, unless, type Checked } from "./rule.js";

/** What an environment keeps in an object storage, with the setting that says where. */
const buckets = ({ backup, backend }: Pick<Checked, "backup" | "backend">) => [
  ...(backend.type === "s3" ? [{ path: "backend", ...backend }] : []),
  ...(backup ? [{ path: "backup", ...backup }] : []),
];

const hostOf = (endpoint: string): string => new URL(endpoint).hostname;

/** Consoles show a bucket's own address; who asks puts the bucket's name before or behind the endpoint by itself. */
const endpointWithoutBucket = rule(["backup", "backend"], (sections) =>
  buckets(sections).flatMap(({ path, endpoint, bucket }) =>
    unless(!hostOf(endpoint).startsWith(`${bucket}.`), () => ({
      path: `${path}.endpoint`,
      rule: `must not begin with the bucket (${bucket})`,
      got: endpoint,
      fix: `write it as https://${hostOf(endpoint).slice(bucket.length + 1)}`,
    })),
  ),
);

/** Hetzner's endpoints name the location, which is the region too. */
const regionOfEndpoint = rule(["backup", "backend"], (sections) =>
  buckets(sections).flatMap(({ path, endpoint, region }) => {
    const location = /^([^.]+)\.your-objectstorage\.com$/.exec(hostOf(endpoint))?.[1];
    return unless(location === undefined || location === region, () => ({
      path: `${path}.region`,
      rule: `must be the one of the endpoint (${endpoint})`,
      got: region,
      fix: `write "${location}", or another endpoint`,
    }));
  }),
);

/** Servers hold a key of the archive's bucket; the state holds every secret. */
const bucketsApart = rule(["backup", "backend"], ({ backup, backend }) =>
  unless(
    backup === undefined ||
      backend.type !== "s3" ||
      backup.bucket !== backend.bucket ||
      hostOf(backup.endpoint) !== hostOf(backend.endpoint),
    () => ({
      path: "backup.bucket",
      rule: "must be another one than Terraform's state has: servers get a key of it",
      got: backup?.bucket,
      fix: "make a bucket in a project of its own, see docs/backup.md",
    }),
  ),
);

/** Rules about object storages. */
export const bucketRules = [endpointWithoutBucket, regionOfEndpoint, bucketsApart];
