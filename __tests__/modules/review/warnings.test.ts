import { describe, expect, it } from "vitest";
import { warningsOf } from "../../../modules/review/warnings.js";
import type { ReviewFacts } from "../../../modules/review/facts.js";
import type { EnvironmentInput } from "../../../modules/config/schema.js";
import { exampleConfig, exampleKeyFile, exampleBackup, exampleSshKey, type Overrides } from "../../support/config.js";

/** A configuration that leaves nothing to say. */
const silent: Overrides<EnvironmentInput> = {
  application: { sha256: "1".repeat(64) },
  administrators: { cidrs: ["198.51.100.7/32"], sshKeys: { jane: exampleSshKey } },
  backup: exampleBackup,
  backend: {
    acceptLocalState: undefined,
    type: "s3",
    bucket: "foobar-state",
    endpoint: "https://fsn1.your-objectstorage.com",
    region: "fsn1",
  } as unknown as Overrides<EnvironmentInput["backend"]>,
};

const nothingWrong: ReviewFacts = { payloads: [], policies: [], hasDatadogApiKey: true, today: new Date("2026-12-01") };

const warnings = (
  overrides: Overrides<EnvironmentInput>,
  facts: Partial<ReviewFacts> = {},
  environment = "production",
) =>
  warningsOf(exampleConfig({ ...silent, ...overrides }, environment), { ...nothingWrong, ...facts }).map(
    ({ setting, text }) => `${setting} ${text}`,
  );

describe("warnings", () => {
  it("are none when there is nothing to say", () => {
    expect(warnings({})).toEqual([]);
  });

  it("say when the data are nowhere else, and while a server holds the archive's private key", () => {
    expect(warnings({ backup: undefined })).toEqual([expect.stringMatching(/^backup is not set: a wrong DELETE/)]);
    const restore = { timeline: "7d2f4c56-1f0e-4d0b-8a36-90d5a1c2e7b4", at: "latest" };
    expect(warnings({ restore })).toEqual([expect.stringMatching(/^restore is set: the first member gets/)]);
  });

  it("say that a balancer before is counted, as long as the configuration names one", () => {
    const formerly = { tls: "terminate", balancerIp: "10.0.1.5" } as const;
    expect(warnings({ network: { balancerIp: "10.0.1.6" }, loadBalancer: { number: 2, formerly } })).toEqual([
      expect.stringMatching(/^loadBalancer\.formerly is set: picture and cost have the balancer before too/),
    ]);
  });

  it("say that the example's release cannot be downloaded", () => {
    expect(warnings({ application: {} })).toEqual([
      "application.sha256 is the example's: servers will refuse the download; name the release that `npm run app:build` made",
    ]);
  });

  it("say that a signed address of the release ends", () => {
    const url = "https://storage.foobar.com/release.tar.gz?X-Amz-Expires=600&X-Amz-Signature=0123";
    expect(warnings({ application: { ...silent.application, url } })).toEqual([
      expect.stringMatching(/^application\.url is signed, and such an address ends/),
    ]);
    expect(warnings({ application: { ...silent.application, url: "https://storage.foobar.com/r?v=1" } })).toEqual([]);
  });

  it("name the hosts that Cloudflare's certificate of the zone does not cover, and how to cover them", () => {
    const deep = (domain: string, zoneName?: string) => warnings({ domain, cloudflare: { zoneName } });
    expect(deep("foobar.com")).toEqual([]);
    expect(deep("shop.example.org")).toEqual([]);
    expect(deep("example.org", "example.org")).toEqual([]);
    expect(deep("shop.example.org", "example.org")).toEqual([
      "cloudflare.zoneName is example.org, whose certificate at Cloudflare does not cover www.shop.example.org: order one with Advanced Certificate Manager, or make shop.example.org a zone of its own",
    ]);
    expect(deep("a.shop.example.org", "example.org")).toEqual([
      "cloudflare.zoneName is example.org, whose certificate at Cloudflare does not cover www.a.shop.example.org and a.shop.example.org: order one with Advanced Certificate Manager, or make a.shop.example.org a zone of its own",
    ]);
  });

  it("name downtimes that are over, and no others", () => {
    const downtime = (end: string) => ({ reason: "new disks for everybody", start: "2026-11-30T20:00:00Z", end });
    const downtimes = { past: downtime("2026-11-30T23:59:59Z"), present: downtime("2026-12-01T00:00:01Z") };
    expect(warnings({ monitoring: { downtimes } })).toEqual([
      "monitoring.downtimes.past is over since 2026-11-30T23:59:59Z and keeps no alert back any more: move it, or remove the entry",
    ]);
    expect(warnings({ monitoring: { enabled: false, downtimes } }).join()).not.toContain("downtimes");
  });

  it("say when nothing is protected", () => {
    expect(warnings({ protect: false })).toEqual([
      "protect is false: one `destroy`, or one wrong plan, deletes servers and data",
    ]);
  });

  it("say when SSH is closed, and that keys are then of no use", () => {
    expect(warnings({ administrators: { sshKeys: { jane: exampleSshKey } } })).toEqual([
      "administrators.cidrs is empty: nobody can log in, for root has no password; a server takes networks and keys when it is made or replaced",
      "administrators.sshKeys are installed and of no use while administrators.cidrs is empty",
    ]);
  });

  it("say when the state is a local file", () => {
    expect(warnings({ backend: {} })).toEqual([
      "backend is local: the state, with every secret, is one file on this machine, without a lock; use an s3 backend",
    ]);
  });

  it("say what is unwatched without monitoring, without a key and without a receiver", () => {
    expect(warnings({ monitoring: { enabled: false } })).toEqual([
      "monitoring.enabled is false: nobody is told when the site, a server or the database fails",
    ]);
    expect(warnings({}, { hasDatadogApiKey: undefined })).toEqual([]);
    expect(warnings({}, { hasDatadogApiKey: false })).toEqual([
      "TF_VAR_datadog_api_key is not set: the agents stay off, so no server is watched",
    ]);
    expect(warnings({ protect: true, monitoring: { receivers: { urgent: [] } } }, {}, "staging")).toEqual([
      "monitoring.receivers.urgent is empty: monitors turn red and nobody is woken",
    ]);
  });

  it("say when Hetzner keeps no backups", () => {
    expect(warnings({ backups: false })).toEqual(["backups is false: Hetzner keeps no copy of the servers' disks"]);
  });

  it("name a type in stock when the chosen one was sold out, once for all servers", () => {
    expect(warnings({ serverType: "cx33" })).toEqual([
      "serverType cx33 was sold out everywhere on 2026-09-29, if Hetzner refuses it, cpx32 is as large",
    ]);
  });

  it("warn 180 days before a key or Debian's support ends, and after that day", () => {
    const on = (day: string, overrides: Overrides<EnvironmentInput> = {}) =>
      warnings(overrides, { today: new Date(`${day}T12:00:00Z`) });
    expect(on("2027-04-26")).toEqual([]);
    expect(on("2027-04-27")).toEqual([
      expect.stringMatching(/^key of MySQL's apt repository ends on 2027-10-23 .*npm run ops upgrade$/),
    ]);
    expect(on("2027-10-24")).toEqual([expect.stringContaining("ended on 2027-10-23")]);
    expect(on("2028-02-12")).toContainEqual(expect.stringMatching(/^security support of Debian 13 ends on 2028-08-09/));
    const ofKeys = (lines: readonly string[]) => lines.filter((line) => line.startsWith("key"));
    expect(ofKeys(on("2033-01-01"))).toHaveLength(2);
    expect(ofKeys(on("2033-01-01", { monitoring: { enabled: false } }))).toHaveLength(1);
  });

  it("know the key that an environment names instead, and nothing of one in a file", () => {
    const publishedKey = { url: "https://repo.mysql.com/next", fingerprints: ["A".repeat(40)], ends: "2029-10-23" };
    const today = new Date("2028-01-01");
    expect(warnings({ aptSources: { mysql: { publishedKey } } }, { today })).toEqual([]);
    expect(warnings({ aptSources: { mysql: { keyFile: exampleKeyFile } } }, { today })).toEqual([]);
  });

  it("say when a payload grows towards Hetzner's limit", () => {
    const payloads = [28_000, 29_000, 29_100].map((bytes, index) => ({
      server: `web-${index}`,
      bytes,
      hash: "0123456789ab",
    }));
    expect(warnings({}, { payloads })).toEqual([
      "payload of web-1, web-2 has up to 28.4 KiB, more than 28.0 KiB; Hetzner's limit is 32.0 KiB",
    ]);
  });
});
