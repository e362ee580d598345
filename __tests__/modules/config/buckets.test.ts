import { describe, expect, it } from "vitest";
import { findProblems } from "../../../modules/config/check.js";
import type { EnvironmentInput } from "../../../modules/config/schema.js";
import { exampleBackup as backup, exampleInput, exampleRecipients, type Overrides } from "../../support/config.js";

const hetzner = "https://fsn1.your-objectstorage.com";
const backend = {
  acceptLocalState: undefined,
  type: "s3",
  endpoint: hetzner,
  region: "fsn1",
  bucket: "foobar-state",
} as const;
const storage = { endpoint: hetzner, region: "fsn1", bucket: "foobar-releases" };
const timeline = "7d2f4c56-1f0e-4d0b-8a36-90d5a1c2e7b4";

const problemsOf = (overrides: Overrides<EnvironmentInput>) =>
  findProblems("production", exampleInput({ backup, backend, ...overrides })).map(
    ({ path, rule, fix }) => `${path} ${rule}; ${fix}`,
  );

describe("object storages", () => {
  it("accepts the object storages of the documentation's examples", () => {
    expect(problemsOf({})).toEqual([]);
    expect(problemsOf({ backup: { ...backup, endpoint: "https://minio.foobar.com", region: "home" } })).toEqual([]);
  });

  it.each<[string, Overrides<EnvironmentInput>]>([
    [
      "a bucket of the same name at another provider",
      { backup: { ...backup, endpoint: "https://minio.foobar.com", region: "home", bucket: "foobar-state" } },
    ],
    ["a bucket whose name is the beginning of the endpoint", { backup: { ...backup, bucket: "fsn" } }],
    [
      "a host that begins like a Hetzner endpoint",
      { backup: { ...backup, endpoint: "https://fsn1.your-objectstorage.com.foobar.com", region: "home" } },
    ],
    [
      "a host that ends like a Hetzner endpoint",
      { backup: { ...backup, endpoint: "https://proxy.fsn1.your-objectstorage.com", region: "home" } },
    ],
    ["no archive", { backup: undefined, acceptNoBackup: true }],
    ["a state in a local file", { backend: {} }],
  ])("accepts %s", (_, overrides) => {
    expect(problemsOf(overrides).filter((problem) => /^backup|^backend/.test(problem))).toEqual([]);
  });

  it.each<[string, Overrides<EnvironmentInput>, string]>([
    [
      "a region of the state that differs from the endpoint's region",
      { backend: { ...backend, region: "nbg1" } },
      `backend.region must be the region of the endpoint (${hetzner}); write "fsn1", or another endpoint`,
    ],
    [
      "an endpoint of the archive that contains the bucket",
      { backup: { ...backup, endpoint: "https://foobar-archive.fsn1.your-objectstorage.com" } },
      `backup.endpoint must not begin with the bucket (foobar-archive); write it as ${hetzner}`,
    ],
    [
      "an endpoint of the state that contains the bucket",
      { backend: { ...backend, endpoint: "https://foobar-state.fsn1.your-objectstorage.com" } },
      `backend.endpoint must not begin with the bucket (foobar-state); write it as ${hetzner}`,
    ],
    [
      "a region of the archive that differs from the endpoint's region",
      { backup: { ...backup, region: "nbg1" } },
      `backup.region must be the region of the endpoint (${hetzner}); write "fsn1", or another endpoint`,
    ],
    [
      "the state's bucket as archive, because servers have a key of the archive",
      { backup: { ...backup, endpoint: `${hetzner}/`, bucket: "foobar-state" } },
      "backup.bucket must differ from backend.bucket, because servers have a key of this bucket; create another bucket in a separate project",
    ],
    [
      "a port that the servers cannot connect to",
      { backup: { ...backup, endpoint: "https://fsn1.your-objectstorage.com:8443" } },
      "backup.endpoint must not contain a port, because servers can connect only to the default port; serve it on the default port",
    ],
    [
      "an archive in the private network",
      { backup: { ...backup, endpoint: "https://10.0.1.99" } },
      "backup.endpoint must be on the internet, because servers download nothing over the private network; write a public host",
    ],
    [
      "the state's bucket for the releases",
      { application: { url: undefined, storage: { ...storage, bucket: "foobar-state" } } },
      "application.storage.bucket must differ from backend.bucket, because servers have a key of this bucket; create another bucket in a separate project",
    ],
    [
      "the archive's bucket for the releases",
      { application: { url: undefined, storage: { ...storage, bucket: backup.bucket } } },
      "application.storage.bucket must differ from backup.bucket, because servers have a key of this bucket; create another bucket in a separate project",
    ],
    [
      "a region of the releases' bucket that differs from the endpoint's region",
      { application: { url: undefined, storage: { ...storage, region: "nbg1" } } },
      `application.storage.region must be the region of the endpoint (${hetzner}); write "fsn1", or another endpoint`,
    ],
  ])("rejects %s", (_, overrides, problem) => {
    expect(problemsOf(overrides)).toEqual([problem]);
  });
});

describe("the recipients of the archive", () => {
  const [one, other] = exampleRecipients;

  it("rejects a recipient with one wrong digit", () => {
    const mistyped = other.replace("lggy", "lgqy");
    expect(problemsOf({ backup: { ...backup, recipients: [one, mistyped] } })).toEqual([
      expect.stringMatching(/^backup\.recipients\[1\] must be a public key of age, but its checksum is wrong; /),
    ]);
  });

  it("reports only the wrong type if recipients is not a list", () => {
    expect(problemsOf({ backup: { ...backup, recipients: one as unknown as string[] } })).toEqual([
      "backup.recipients must be a list [ … ]; write a list [ … ]",
    ]);
  });
});

describe("a restore", () => {
  it("rejects a restore into the group that wrote the data", () => {
    expect(problemsOf({ restore: { timeline, at: "latest" }, database: { groupName: timeline } })).toEqual([
      expect.stringMatching(/^database\.groupName must be a new UUID/),
    ]);
  });

  it("rejects a restore timeline in upper case, because objects are named in lower case", () => {
    expect(problemsOf({ restore: { timeline: timeline.toUpperCase(), at: "latest" } })).toEqual([
      expect.stringMatching(/^restore\.timeline must be in lower case/),
    ]);
  });

  it("rejects a restore that stops before a transaction of another group", () => {
    const at = (group: string) => problemsOf({ restore: { timeline, at: `before ${group}:4711` } });
    expect(at(timeline)).toEqual([]);
    expect(at("5f0c8a0e-6f0b-4f4e-9d57-2c1f7f3f9b10")).toEqual([
      expect.stringMatching(/^restore\.at must be a transaction of restore\.timeline/),
    ]);
  });
});
