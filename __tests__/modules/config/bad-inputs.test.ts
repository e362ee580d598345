import { generateKeyPairSync } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { findProblems } from "../../../modules/config/check.js";
import { problemLine } from "../../../modules/config/problem.js";
import type { EnvironmentInput } from "../../../modules/config/schema.js";
import { exampleInput, exampleKeyFile, exampleSshKey } from "../../support/config.js";
import { temporaryFolder } from "../../support/payload-files.js";

/** What an owner might write: any value anywhere. */
type Mistake = Readonly<Record<string, unknown>>;

const linesOf = (mistake: Mistake, environment = "production"): readonly string[] =>
  findProblems(environment, exampleInput(mistake as Partial<EnvironmentInput>)).map(problemLine);

const digest = "0".repeat(63);
const nextKey = { url: "https://repo.mysql.com/next", fingerprints: ["A".repeat(40)], ends: "2029-10-23" };
const webOnly = { roles: ["web"] };
const manyServers = (count: number, server: object = webOnly, first = 130) =>
  Object.fromEntries(
    Array.from({ length: count }, (_, index) => [`web-${index}`, { privateIp: `10.0.1.${index + first}`, ...server }]),
  );

const mistakes: Readonly<Record<string, readonly (readonly [mistake: Mistake, line: string])[]>> = {
  "unknown settings": [
    [{ serverTyp: "cx33" }, 'serverTyp: is not a known setting, got "cx33"; did you mean serverType?'],
    [
      { servers: { bravo: { rolls: ["web"] } } },
      'servers.bravo.rolls: is not a known setting, got ["web"]; did you mean roles?',
    ],
    [
      { loadBalancer: { healthCheck: { interval: 5 } } },
      "loadBalancer.healthCheck.interval: is not a known setting, got 5; choose one of intervalSeconds, timeoutSeconds, retries",
    ],
    [
      {
        backend: {
          type: "s3",
          bucket: "foobar-state",
          endpoint: "https://fsn1.your-objectstorage.com",
          region: "fsn1",
        },
      },
      "backend.acceptLocalState: is not a known setting, got true; choose one of type, bucket, endpoint, region, prefix",
    ],
  ],
  "missing and mistyped settings": [
    [{ domain: undefined }, "domain: is required, got nothing; add it: a text in quotes"],
    [{ application: undefined }, "application: is required, got nothing; add it: an object { … }"],
    [
      { servers: { bravo: { privateIp: undefined } } },
      "servers.bravo.privateIp: is required, got nothing; add it: a text in quotes",
    ],
    [{ database: { groupName: undefined } }, "database.groupName: is required, got nothing; add it: a text in quotes"],
    [{ backups: "yes" }, 'backups: must be true or false, got "yes"; write true or false'],
    [{ database: { volumeSizeGb: "20" } }, 'database.volumeSizeGb: must be a number, got "20"; write a number'],
    [
      { administrators: { cidrs: "198.51.100.7/32" } },
      'administrators.cidrs: must be a list [ … ], got "198.51.100.7/32"; write a list [ … ]',
    ],
    [
      { backend: undefined, tls: "terminat" },
      'tls: must be one of "terminate", "passthrough", got "terminat"; did you mean terminate?',
    ],
    [{ backend: { type: "s4" } }, 'backend.type: must be a known type, got "s4"; choose one of "local", "s3"'],
    [{ servers: { bravo: { roles: [] } } }, "servers.bravo.roles: must have at least 1 entry, got []; add one"],
  ],
  "domain and zone": [
    [
      { domain: "www.foobar.com" },
      'domain: must be the registered domain, without www, got "www.foobar.com"; write it as "foobar.com"',
    ],
    [{ domain: "FooBar.com" }, 'domain: must be lower case, got "FooBar.com"; write it as "foobar.com"'],
    [
      { domain: "https://foobar.com" },
      'domain: must be a domain name, got "https://foobar.com"; write it as "foobar.com", without scheme, path and final dot',
    ],
    [
      { domain: "foobar" },
      'domain: must be a domain name, got "foobar"; write it as "foobar.com", without scheme, path and final dot',
    ],
    [
      { cloudflare: { zoneName: "example.com" } },
      'cloudflare.zoneName: must be the zone that holds domain (foobar.com), got "example.com"; write "foobar.com" or a parent of it, or leave it out',
    ],
    [
      { cloudflare: { hsts: { preload: true, maxAgeSeconds: 300 } } },
      'cloudflare.hsts.preload: must go with includeSubdomains and maxAgeSeconds of at least 31536000, got {"maxAgeSeconds":300,"includeSubdomains":true,"preload":true}; raise maxAgeSeconds and include subdomains, or set preload to false',
    ],
  ],
  "apt's sources": [
    [
      { aptSources: { mysql: { url: "ftp://mirror.foobar.com/mysql" } } },
      'aptSources.mysql.url: must be an http or https URL, got "ftp://mirror.foobar.com/mysql"; write it as "https://mirror.foobar.com/path"',
    ],
    [
      { aptSources: { mysql: { url: "http://10.0.1.20/mysql" } } },
      'aptSources.mysql.url: must be on the internet: servers fetch nothing over the private network, got "http://10.0.1.20/mysql"; name a public host',
    ],
    [
      { aptSources: { datadog: { url: "http://[fd00::1]/datadog" } } },
      'aptSources.datadog.url: must be on the internet: servers fetch nothing over the private network, got "http://[fd00::1]/datadog"; name a public host',
    ],
  ],
  "the release": [
    [
      { application: { url: "http://releases.foobar.com/app.tar.gz" } },
      'application.url: must be an https URL, got "http://releases.foobar.com/app.tar.gz"; write it as https://releases.foobar.com/app.tar.gz',
    ],
    [
      { application: { url: "app.tar.gz" } },
      'application.url: must be a URL, got "app.tar.gz"; write it as https://host/path',
    ],
    [
      { application: { url: "https://me:secret@releases.foobar.com/app.tar.gz" } },
      'application.url: must hold no user name or password, got "https://…@releases.foobar.com/app.tar.gz"; let it be read without: it stands in plain files',
    ],
    [
      { application: { url: "https://releases.foobar.com:8443/app.tar.gz" } },
      'application.url: must name no port: servers reach the usual one only, got "https://releases.foobar.com:8443/app.tar.gz"; have it served on the usual port',
    ],
    [
      { application: { url: "https://10.0.1.99/app.tar.gz" } },
      'application.url: must be on the internet: servers fetch nothing over the private network, got "https://10.0.1.99/app.tar.gz"; name a public host',
    ],
    [
      { application: { sha256: digest } },
      `application.sha256: must be 64 lower-case hexadecimal digits, got "${digest}"; take the SHA-256 that the build prints`,
    ],
  ],
  addresses: [
    [
      { servers: { bravo: { privateIp: "10.9.0.5" } } },
      'servers.bravo.privateIp: must lie inside network.databaseRange (10.0.1.8/29), because of its role database, got "10.9.0.5"; choose a free address such as 10.0.1.8',
    ],
    [
      { servers: { bravo: { privateIp: "10.0.1.11" } } },
      'servers.bravo.privateIp: must not be the address of servers.alpha.privateIp, got "10.0.1.11"; choose a free address such as 10.0.1.8',
    ],
    [
      { servers: { bravo: { privateIp: "10.0.1.5" } } },
      'servers.bravo.privateIp: must lie inside network.databaseRange (10.0.1.8/29), because of its role database, got "10.0.1.5"; choose a free address such as 10.0.1.8',
    ],
    [
      { servers: { bravo: { privateIp: "10.0.1.1" } } },
      'servers.bravo.privateIp: must not be Hetzner\'s gateway, got "10.0.1.1"; choose a free address such as 10.0.1.8',
    ],
    [
      { servers: { bravo: { privateIp: "10.0.1.0" } } },
      'servers.bravo.privateIp: must not be the network address, got "10.0.1.0"; choose a free address such as 10.0.1.8',
    ],
    [
      { servers: { bravo: { privateIp: "10.0.1.255" } } },
      'servers.bravo.privateIp: must not be the broadcast address, got "10.0.1.255"; choose a free address such as 10.0.1.8',
    ],
    [
      { servers: { bravo: { privateIp: "172.31.1.1" } } },
      'servers.bravo.privateIp: must not be Hetzner\'s public gateway, got "172.31.1.1"; choose a free address such as 10.0.1.8',
    ],
    [
      { servers: { bravo: { privateIp: "10.0.1.300" } } },
      'servers.bravo.privateIp: must be an IPv4 address, got "10.0.1.300"; write it as 10.0.1.11',
    ],
    [
      { network: { balancerIp: "10.0.2.5" } },
      'network.balancerIp: must lie inside network.subnet (10.0.1.0/24), outside databaseRange and webRange, got "10.0.2.5"; choose a free address such as 10.0.1.2',
    ],
    [
      { network: { balancerIp: "10.0.1.9" } },
      'network.balancerIp: must lie inside network.subnet (10.0.1.0/24), outside databaseRange and webRange, got "10.0.1.9"; choose a free address such as 10.0.1.2',
    ],
    [
      { servers: { delta: { privateIp: "10.0.1.14", roles: ["web"] } } },
      'servers.delta.privateIp: must lie inside network.webRange (10.0.1.128/25), because its only role is web, got "10.0.1.14"; choose a free address such as 10.0.1.128',
    ],
    [
      {
        network: { webRange: "10.0.1.16/30" },
        servers: { ...manyServers(4, webOnly, 16), delta: { privateIp: "10.0.1.20", ...webOnly } },
      },
      'servers.delta.privateIp: must lie inside network.webRange (10.0.1.16/30), because its only role is web, got "10.0.1.20"; widen the range: it has no free address',
    ],
  ],
  networks: [
    [
      {
        network: {
          cidr: "10.0.1.0/24",
          subnet: "10.0.0.0/16",
          databaseRange: "10.0.1.8/29",
          webRange: "10.0.1.128/25",
        },
      },
      'network.subnet: must lie inside network.cidr (10.0.1.0/24), got "10.0.0.0/16"; choose a part of 10.0.1.0/24, or widen network.cidr',
    ],
    [
      { network: { webRange: "10.0.2.128/25" } },
      'network.webRange: must lie inside network.subnet (10.0.1.0/24), got "10.0.2.128/25"; choose a part of 10.0.1.0/24, or leave it out for 10.0.1.128/25',
    ],
    [
      { network: { databaseRange: "10.0.1.0/24" } },
      'network.databaseRange: must have a prefix from /28 to /29, got "10.0.1.0/24"; write it as 10.0.1.0/28',
    ],
    [
      { network: { webRange: "10.0.1.8/30" } },
      'network.webRange: must share no address with network.databaseRange (10.0.1.8/29), so that a web server never passes for a database member, got "10.0.1.8/30"; move one of the two',
    ],
    [
      { network: { subnet: "10.0.1.0/28" } },
      'network.subnet: must have a prefix from /9 to /27, got "10.0.1.0/28"; write it as 10.0.1.0/24',
    ],
    [
      { network: { cidr: "10.2.0.0/16" } },
      'network.subnet: must lie inside network.cidr (10.2.0.0/16), got "10.0.1.0/24"; choose a part of 10.2.0.0/16, or widen network.cidr',
    ],
    [
      { network: { subnet: "10.0.1.7/24" } },
      'network.subnet: must have no bits set behind its prefix, got "10.0.1.7/24"; write it as 10.0.1.0/24',
    ],
    [
      { network: { cidr: "8.8.0.0/16" } },
      'network.cidr: must lie inside 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16, got "8.8.0.0/16"; choose one such as 10.0.0.0/16',
    ],
    [
      { network: { cidr: "10.0.1.0/25" } },
      'network.cidr: must have a prefix from /8 to /24, got "10.0.1.0/25"; write it as 10.0.1.0/16',
    ],
    [
      { network: { subnet: "10.0.1.0" } },
      'network.subnet: must be an IPv4 network in CIDR notation, got "10.0.1.0"; write it as 10.0.1.0/24',
    ],
    [
      { network: { zone: "us-east" } },
      'network.zone: must be the zone of location nbg1, got "us-east"; write "eu-central", or choose a location of us-east',
    ],
    [
      { network: { zone: "eu" } },
      'network.zone: must be a known network zone, got "eu"; choose one of eu-central, us-east, us-west, ap-southeast',
    ],
    [{ location: "nbg2" }, 'location: must be a known location, got "nbg2"; did you mean nbg1?'],
  ],
  "servers and their roles": [
    [
      { servers: { Delta: { privateIp: "10.0.1.134", roles: ["web"] } } },
      'servers.Delta: must be a host name of at most 40 lower-case letters, digits and hyphens, beginning with a letter, got "Delta"; write it as "alpha"',
    ],
    [
      { servers: { "4": { privateIp: "10.0.1.134", roles: ["web"] } } },
      'servers.4: must be a host name of at most 40 lower-case letters, digits and hyphens, beginning with a letter, got "4"; write it as "alpha"',
    ],
    ...["authority", "backend", "constructor", "hcloud", "localhost", "network", "service-443"].map(
      (name) =>
        [
          { servers: { [name]: { privateIp: "10.0.1.134", roles: ["web"] } } },
          `servers.${name}: must be none of authority, backend, constructor, hcloud, localhost, network, service-443, which mean something else already, got "${name}"; choose another`,
        ] as const,
    ),
    [
      { servers: { delta: { privateIp: "10.0.1.14" } } },
      'servers: must hold an odd number of database members from 3 to 9, so that a majority always exists, got ["alpha","bravo","charlie","delta"]; give 5 servers the role database',
    ],
    [
      {
        servers: {
          bravo: { ...webOnly, privateIp: "10.0.1.130" },
          charlie: { ...webOnly, privateIp: "10.0.1.131" },
        },
      },
      'servers: must hold an odd number of database members from 3 to 9, so that a majority always exists, got ["alpha"]; give 3 servers the role database',
    ],
    [
      { servers: { alpha: { roles: ["database"] }, bravo: { roles: ["database"] }, charlie: { roles: ["database"] } } },
      'servers: must hold at least one server with the role web, got ["alpha","bravo","charlie"]; add web to the roles of a server',
    ],
    [
      { servers: manyServers(8) },
      "servers: must place at most 10 servers in placement group servers, got 11; give the newest servers a placementGroup of another name",
    ],
    [
      { servers: { alpha: { placementGroup: "Rack 1" } } },
      'servers.alpha.placementGroup: must be a name of at most 40 lower-case letters, digits and hyphens, beginning with a letter, got "Rack 1"; write it as "servers-2"',
    ],
    [
      { servers: { ...manyServers(10, { ...webOnly, placementGroup: "second" }), ...twoMoreGroups() } },
      'loadBalancer.type: must take 27 web servers as targets, this one takes 25, got "lb11"; choose lb21',
    ],
  ],
  "server types": [
    [{ serverType: "cx32" }, 'serverType: must be on sale: it is retired, got "cx32"; use its successor cx33'],
    [
      { serverType: "cax21" },
      'serverType: must be an x86 type: MySQL\'s apt repository has no arm64 packages for Debian, got "cax21"; choose a cx, cpx or ccx type',
    ],
    [
      { servers: { alpha: { type: "cx34" } } },
      'servers.alpha.type: must be a known server type, got "cx34"; did you mean cx33?',
    ],
    [
      { serverType: "cpx31" },
      'serverType: must be offered in nbg1, got "cpx31"; choose one of cx23, cx33, cx43, cpx22, cx53, cpx32, ccx13, cpx42, ccx23, cpx52, cpx62, ccx33, ccx43, ccx53, ccx63, or another location',
    ],
    [
      { servers: { bravo: { type: "cpx12" } } },
      'servers.bravo.type: must have at least 4 GiB of memory for the roles of bravo (web, database), got "cpx12"; choose one of cx23, cx33, cx43, cpx22, cx53, cpx32, ccx13, cpx42, ccx23, cpx52, cpx62, ccx33, ccx43, ccx53, ccx63',
    ],
    [
      { loadBalancer: { type: "lb12" } },
      'loadBalancer.type: must be a known load balancer type, got "lb12"; did you mean lb11?',
    ],
  ],
  database: [
    [{ database: { volumeSizeGb: 5 } }, "database.volumeSizeGb: must be 10 or more, got 5; raise it to 10"],
    [
      { database: { volumeSizeGb: 20_000 } },
      "database.volumeSizeGb: must be 10240 or less, got 20000; lower it to 10240",
    ],
    [
      { database: { groupName: "group-1" } },
      'database.groupName: must be a UUID, got "group-1"; make one with `uuidgen`',
    ],
    [
      { database: { groupName: "00000000-0000-0000-0000-000000000000" } },
      'database.groupName: must be a UUID of its own, got "00000000-0000-0000-0000-000000000000"; make one with `uuidgen`',
    ],
    [{ database: { series: "8.0" } }, 'database.series: must be one of "8.4", "9.7", got "8.0"; did you mean 8.4?'],
    [
      { database: { bufferPoolMib: 6000 } },
      "database.bufferPoolMib: must be at most 1408 MiB, what the memory of alpha holds beside everything else, got 6000; lower it, choose a larger server type, or leave it out",
    ],
  ],
  "certificate and health check": [
    [
      { certificate: { validityDays: 180 } },
      "certificate.validityDays: must be one of 7, 30, 90, 365, 730, 1095, 5475, got 180; choose one of them",
    ],
    [{ certificate: { generation: 0 } }, "certificate.generation: must be 1 or more, got 0; raise it to 1"],
    [
      { loadBalancer: { healthCheck: { timeoutSeconds: 5, intervalSeconds: 5 } } },
      "loadBalancer.healthCheck.timeoutSeconds: must be less than intervalSeconds (5), got 5; lower it to 4, or raise the interval",
    ],
    [
      { loadBalancer: { healthCheck: { retries: 9 } } },
      "loadBalancer.healthCheck.retries: must be 5 or less, got 9; lower it to 5",
    ],
  ],
  administrators: [
    [
      { administrators: { cidrs: ["0.0.0.0/0"] } },
      'administrators.cidrs[0]: must not be wider than /16, got "0.0.0.0/0"; name the administrators\' own addresses, never the world',
    ],
    [
      { administrators: { cidrs: ["198.51.100.7/32", "::/0"], sshKeys: { jane: exampleSshKey } } },
      'administrators.cidrs[1]: must not be wider than /32, got "::/0"; name the administrators\' own addresses, never the world',
    ],
    [
      { administrators: { cidrs: ["198.51.100.9/24"] } },
      'administrators.cidrs[0]: must have no bits set behind its prefix, in its shortest form, got "198.51.100.9/24"; write it as 198.51.100.0/24',
    ],
    [
      { administrators: { cidrs: ["198.51.100.9"] } },
      'administrators.cidrs[0]: must be in CIDR notation, got "198.51.100.9"; write it as 198.51.100.9/32',
    ],
    [
      { administrators: { cidrs: ["office"] } },
      'administrators.cidrs[0]: must be a network in CIDR notation, got "office"; write it as 198.51.100.7/32 or 2001:db8:1::/48',
    ],
    [
      { administrators: { cidrs: ["198.51.100.7/32"] } },
      "administrators.sshKeys: must hold a key when administrators.cidrs opens SSH, got {}; add a public key, or empty administrators.cidrs",
    ],
    [
      { administrators: { cidrs: ["198.51.100.7/32", "198.51.100.7/32"], sshKeys: { jane: exampleSshKey } } },
      'administrators.cidrs[1]: must be listed once, got "198.51.100.7/32"; remove it',
    ],
    [
      { administrators: { sshKeys: { jane: exampleSshKey, work: `${exampleSshKey} work` } } },
      `administrators.sshKeys.work: must be another key than that of jane, got "${exampleSshKey.slice(0, 79)}…; remove one of the two`,
    ],
    [
      { administrators: { sshKeys: { jane: "ssh-ed25519 AAAA jane" } } },
      'administrators.sshKeys.jane: must be an OpenSSH public key, got "ssh-ed25519 AAAA jane"; paste one whole line, as in ~/.ssh/id_ed25519.pub',
    ],
    [
      { administrators: { sshKeys: { jane: "-----BEGIN OPENSSH PRIVATE KEY-----" } } },
      "administrators.sshKeys.jane: must be a public key, this is a private one, got a private key; replace that key pair, and paste the .pub file of the new one",
    ],
    ...["jane doe", "jane@foobar.com", "a.b"].map(
      (name) =>
        [
          { administrators: { sshKeys: { [name]: exampleSshKey } } },
          `administrators.sshKeys.${name}: must be a name of at most 63 letters, digits, hyphens and underscores, got "${name}"; write it as "jane"`,
        ] as const,
    ),
  ],
  "apt sources": [
    [
      { aptSources: { mysql: { keyFile: "/nowhere/key.asc" } } },
      'aptSources.mysql.keyFile: must name a file that can be read, got "/nowhere/key.asc"; write its absolute path, or one from the project\'s folder',
    ],
    [
      { aptSources: { datadog: { keyFile: "package.json" } } },
      'aptSources.datadog.keyFile: must name a file with one armored public key, got "package.json"; write what `gpg --armor --export KEY` prints into it',
    ],
    [
      { aptSources: { datadog: { keyfile: "package.json" } } },
      'aptSources.datadog.keyfile: is not a known setting, got "package.json"; did you mean keyFile?',
    ],
    [
      { aptSources: { mysql: { publishedKey: { ...nextKey, fingerprints: ["bca4 3417"] } } } },
      'aptSources.mysql.publishedKey.fingerprints[0]: must be 40 upper-case hexadecimal digits, got "bca4 3417"; take what `gpg --show-keys` prints, without spaces',
    ],
    [
      { aptSources: { mysql: { publishedKey: { ...nextKey, fingerprints: [] } } } },
      "aptSources.mysql.publishedKey.fingerprints: must have at least 1 entry, got []; add one",
    ],
    [
      { aptSources: { datadog: { publishedKey: { ...nextKey, ends: "2029-02-30" } } } },
      'aptSources.datadog.publishedKey.ends: must be a day that there is, got "2029-02-30"; write it as 2029-03-02',
    ],
    [
      { aptSources: { datadog: { publishedKey: { ...nextKey, ends: "soon" } } } },
      'aptSources.datadog.publishedKey.ends: must be a day, got "soon"; write it as 2027-10-23',
    ],
    [
      { aptSources: { datadog: { publishedKey: { ...nextKey, url: "http://keys.foobar.com/key" } } } },
      'aptSources.datadog.publishedKey.url: must be an https URL, got "http://keys.foobar.com/key"; write it as https://keys.foobar.com/key',
    ],
  ],
  "monitoring and state": [
    [
      { monitoring: { receivers: { urgent: [] } } },
      'monitoring.receivers.urgent: must name a receiver in production, got []; add a Datadog handle such as "@pagerduty-foobar", or set monitoring.enabled to false',
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
  ],
};

/** Fourteen web servers in two more placement groups, so that only the balancer's limit is reached. */
function twoMoreGroups(): Record<string, unknown> {
  return Object.fromEntries(
    Array.from({ length: 14 }, (_, index) => [
      `more-${index}`,
      { privateIp: `10.0.1.${index + 180}`, roles: ["web"], placementGroup: index < 7 ? "third" : "fourth" },
    ]),
  );
}

describe.each(Object.entries(mistakes))("%s", (_topic, cases) => {
  it.each(cases.map(([mistake, line]) => ({ mistake, line })))("$line", ({ mistake, line }) => {
    expect(linesOf(mistake)).toEqual([line]);
  });
});

const plain = "must be plain data: texts, numbers, true or false, lists and objects";
const itself: Record<string, unknown> = {};
itself["self"] = itself;

/** Values that no file of settings could hold, and what is said of each. */
const strangeValues: readonly (readonly [value: unknown, words: string])[] = [
  [() => "x", `${plain}, got a function; call it, and write what it returns`],
  [async () => Promise.resolve({}), `${plain}, got a function; call it, and write what it returns`],
  [Symbol("x"), `${plain}, got a symbol; write it as a text`],
  [20n, `${plain}, got a bigint; write it as a number, without n`],
  [new Date(0), `${plain}, got a Date; write it as a text`],
  [new Map(), `${plain}, got a Map; write it as an object { … }`],
  [new Set(), `${plain}, got a Set; write it as a list [ … ]`],
  [/x/, `${plain}, got a regular expression; write it as a text`],
  [Promise.resolve({}), `${plain}, got a promise; write \`await\` before it`],
  [new Proxy({}, {}), `${plain}, got a proxy; write it as an object { … }`],
  [new (class Settings {})(), `${plain}, got an object of a class, or with __proto__; write it as an object { … }`],
  [
    { __proto__: { enabled: false } },
    `${plain}, got an object of a class, or with __proto__; write it as an object { … }`,
  ],
];

describe("values that are no plain data", () => {
  it.each(strangeValues)("are refused, whatever the schema would make of them: %o", (value, words) => {
    for (const section of ["domain", "monitoring", "administrators", "backups"])
      expect(findProblems("production", { ...exampleInput(), [section]: value }).map(problemLine)).toContain(
        `${section}: ${words}`,
      );
  });

  it("are refused where they hold themselves, lie too deep or are too many", () => {
    let deep = {};
    for (let level = 0; level < 100_000; level += 1) deep = { deep };
    expect(linesOf({ network: itself })[0]).toBe(
      'network.self: must not hold itself, got "itself"; write out what is meant',
    );
    expect(linesOf({ network: deep })[0]).toMatch(
      /^network(\.deep){10}: must lie at most 10 levels deep, got "more"; remove it$/,
    );
    expect(
      linesOf({ monitoring: { receivers: { notUrgent: Array.from({ length: 3000 }, (_, index) => `@a${index}`) } } }),
    ).toEqual([
      "monitoring.receivers.notUrgent: must have at most 1000 entries, got 3000; name what is needed, and no more",
    ]);
  });

  it("are refused as names that JavaScript drops", () => {
    const servers = { ...exampleInput().servers };
    Object.defineProperty(servers, "__proto__", {
      enumerable: true,
      value: { privateIp: "10.0.1.134", roles: ["web"] },
    });
    expect(findProblems("production", { ...exampleInput(), servers }).map(problemLine)).toEqual([
      'servers.__proto__: must have another name, got "__proto__"; choose a plain word',
    ]);
  });

  it("are never read twice: a getter is refused unread", () => {
    const input = Object.defineProperty({ ...exampleInput() }, "domain", {
      enumerable: true,
      get: () => {
        throw new Error("read");
      },
    });
    expect(findProblems("production", input).map(problemLine)).toEqual([
      `domain: ${plain}, got "a getter"; write the value`,
    ]);
  });

  it.each([
    [Number.NaN, "must be a number, got NaN; write a number"],
    [Number.POSITIVE_INFINITY, "must be a number, got Infinity; write a number"],
    [20.5, "must be a whole number, got 20.5; write a whole number"],
  ])("and numbers that are none are shown as they are: %o", (value, words) => {
    expect(linesOf({ database: { volumeSizeGb: value } })).toEqual([`database.volumeSizeGb: ${words}`]);
  });

  it.each(["constructor", "toString", "hasOwnProperty", "valueOf"])("and the name %s is none that is known", (name) => {
    for (const setting of ["serverType", "location"] as const)
      expect(linesOf({ [setting]: name })[0]).toMatch(
        new RegExp(`^${setting}: must be a known .*, got "${name}"; choose`),
      );
    expect(linesOf({ [name]: 1 })[0]).toContain(`${name}: is not a known setting, got 1; `);
    expect(linesOf({ monitoring: { monitors: { [name]: {} } } })[0]).toContain(
      `monitoring.monitors.${name}: is not a known setting`,
    );
  });
});

const lineOf = (mistake: Mistake): string => linesOf(mistake).join("\n");

describe("two keys for one apt repository", () => {
  it("are refused", () => {
    const line = lineOf({ aptSources: { mysql: { keyFile: exampleKeyFile, publishedKey: nextKey } } });
    expect(line).toMatch(
      /^aptSources\.mysql: must name one key, in keyFile or in publishedKey, got .*; remove one of the two$/,
    );
  });
});

describe("URLs", () => {
  const releases = "https://releases.foobar.com";
  const plainForm = "must be written in its plain form";
  it.each([
    ["HTTPS://releases.foobar.com/a", `${plainForm}, without capitals`],
    ["https://RELEASES.foobar.com/a", plainForm],
    ["https:releases.foobar.com/a", plainForm],
    ["https:\\\\releases.foobar.com\\a", plainForm],
    ["https://releases.foobar.com:443/a", plainForm],
    [`${releases}/a b`, plainForm],
    [` ${releases}/a`, plainForm],
    [`${releases}/a\n`, plainForm],
    [`${releases}/a/../b`, plainForm],
    [`${releases}/\${path.module}`, plainForm],
    ["https://münchen.de/a", "write it as https://xn--mnchen-3ya.de/a"],
    [`${releases}/%zz`, "must have two hexadecimal digits after each %"],
    [`${releases}/100%`, "must have two hexadecimal digits after each %"],
    [`${releases}/a'b`, "must not hold the character '"],
    [`${releases}/[1-3]`, "must not hold the character ["],
    [`${releases}/a#b`, "must have no fragment"],
    ["https://", "must be a URL"],
    ["https:///a", "must name a host that others find too"],
    ["https://releases/a", "must name a host that others find too"],
    ["https://localhost/a", "must name a host that others find too"],
    ["https://releases.local/a", "must name a host that others find too"],
    ["https://releases.foobar.com./a", "must name a host that others find too"],
    ["https://a_b.foobar.com/a", "must name a host that others find too"],
    ["https://0x7f.1/a", "must be on the internet"],
    ["https://2130706433/a", "must be on the internet"],
    ["https://[::ffff:10.0.0.1]/a", "must be on the internet"],
    ["ftp://releases.foobar.com/a", "must be an https URL"],
    ["javascript:alert(1)", "must be an https URL"],
  ])("of the release refuse %s", (url, words) => {
    expect(lineOf({ application: { url } })).toMatch(/^application\.url: [^\n]*, got [^\n]*; [^\n]*$/);
    expect(lineOf({ application: { url } })).toContain(words);
  });

  it("show no password, however it is written", () => {
    for (const url of [
      "https:\\\\me:s3cret@foobar.com\\a",
      "https:me:s3cret@foobar.com/a",
      "https://me:s3@cret@foobar.com/a",
    ])
      expect(lineOf({ application: { url } })).not.toMatch(/s3|cret/);
  });

  it.each([
    ["javascript:alert(1)", "must be an http or https URL"],
    ["https://wiki.foobar.com/x#y", "must have no fragment: the alert's name follows"],
    ["https://wiki/x", "must name a host that others find too"],
    ["https://wiki.foobar.com/{{is_alert}}", plainForm],
    ["wiki.foobar.com", "must be a URL"],
  ])("of the runbook refuse %s", (runbookUrl, words) => {
    expect(lineOf({ monitoring: { runbookUrl } })).toContain(`monitoring.runbookUrl: ${words}`);
  });

  const state = (changes: object) => ({
    backend: {
      type: "s3",
      acceptLocalState: undefined,
      bucket: "foobar-state",
      endpoint: "https://fsn1.your-objectstorage.com",
      region: "fsn1",
      ...changes,
    },
  });

  it.each(["?a=b", "/path", "#x"])("of the state refuse %s", (end) => {
    expect(lineOf(state({ endpoint: `https://fsn1.your-objectstorage.com/${end.replace(/^\//, "")}` }))).toContain(
      "backend.endpoint: must have no path, no query, no fragment: Terraform appends its own paths",
    );
  });

  it.each(["../..", "${path.module}", "/a", "a/", "a//b", ".", "a/../b", "", " "])(
    "folders of the state refuse %j",
    (prefix) => {
      expect(lineOf(state({ prefix }))).toContain("backend.prefix: must be a folder");
    },
  );
});

describe("database members", () => {
  const memberCount = (count: number) => ({
    network: { databaseRange: "10.0.1.16/28" },
    servers: {
      alpha: { privateIp: "10.0.1.16" },
      bravo: { privateIp: "10.0.1.17" },
      charlie: { privateIp: "10.0.1.18" },
      ...Object.fromEntries(
        Array.from({ length: count - 3 }, (_, index) => [
          `more-${index}`,
          { privateIp: `10.0.1.${index + 19}`, placementGroup: "more" },
        ]),
      ),
    },
  });
  it("are nine at most, which is what Group Replication takes", () => {
    expect(lineOf(memberCount(9))).toBe("");
    expect(lineOf(memberCount(11))).toContain("servers: must hold an odd number of database members from 3 to 9");
  });
});

describe("domains", () => {
  it.each([
    "192.0.2.1",
    "2001:db8::1",
    "foobar.123",
    "foo..com",
    "-foo.com",
    "foobar.com.",
    "foo_bar.com",
    "localhost",
  ])("refuse %s", (domain) => expect(lineOf({ domain })).toContain("domain: must be a domain name"));
  it.each(["foobar.local", "foobar.internal", "foobar.test", "foobar.localhost"])(
    "refuse %s, which nobody finds",
    (domain) => {
      expect(lineOf({ domain })).toContain("domain: must be a name of the public DNS");
    },
  );
  it.each(["oobar.com", "r.com", "com"])("are not taken for parts of the zone %s", (zoneName) => {
    expect(lineOf({ cloudflare: { zoneName } })).toContain("cloudflare.zoneName: must be");
  });
});

describe("administrators' networks", () => {
  const lineFor = (...cidrs: readonly string[]) =>
    lineOf({ administrators: { cidrs, sshKeys: { jane: exampleSshKey } } });
  it.each([
    "10.0.0.0/24",
    "172.16.0.0/16",
    "192.168.1.0/24",
    "169.254.1.0/24",
    "100.64.0.0/24",
    "127.0.0.1/32",
    "0.0.0.0/32",
    "224.0.0.0/24",
    "240.0.0.0/24",
    "255.255.255.255/32",
    "fe80::/64",
    "fd00::/64",
    "::1/128",
    "::/128",
    "::ffff:0:0/96",
    "64:ff9b::/96",
    "2002::/48",
    "4000::/48",
    "ff02::/64",
  ])("refuse %s, which is no public one", (cidr) => {
    expect(lineFor(cidr)).toContain("administrators.cidrs[0]: must be a public network");
  });
  it.each(["8.8.8.8/32", "9.9.0.0/16", "2a01:4f8::/32", "198.51.100.7/32", "2001:db8:1::/48"])("take %s", (cidr) => {
    expect(lineFor(cidr)).toBe("");
  });
  it.each(["010.51.100.7/32", "0x8.8.8.8/32", "8.8/32"])("refuse %s, which programs read differently", (cidr) => {
    expect(lineFor(cidr)).toContain("must be written in four decimal numbers without leading zeros");
    expect(lineFor("010.51.100.7/32")).toContain("; write it as 10.51.100.7/32, if that is what you mean");
  });
  it.each(["8.8.8.8/33", "8.8.8.8/", "8.8.8.8/ 32", "8.8.8.8/32/32", "2a01:4f8::%eth0/64"])("refuse %s", (cidr) => {
    expect(lineFor(cidr)).toContain("administrators.cidrs[0]: must be a network in CIDR notation");
  });
  it("are at most as many as Hetzner takes in a rule", () => {
    const many = Array.from({ length: 101 }, (_, index) => `203.0.113.${index}/32`);
    expect(lineFor(...many.slice(1))).toBe("");
    expect(lineFor(...many)).toContain("administrators.cidrs: must have at most 100 entries");
  });
});

describe("SSH keys", () => {
  const lineFor = (jane: string) => lineOf({ administrators: { sshKeys: { jane } } });
  const field = (bytes: string | Buffer): Buffer => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(Buffer.byteLength(bytes));
    return Buffer.concat([length, Buffer.from(bytes)]);
  };
  const line = (algorithm: string, ...fields: readonly (string | Buffer)[]) =>
    `${algorithm} ${Buffer.concat([algorithm, ...fields].map(field)).toString("base64")} jane doe`;
  const decoded = (text = ""): Buffer => Buffer.from(text, "base64url");
  const rsa = (modulusLength: number) => {
    const { e, n } = generateKeyPairSync("rsa", { modulusLength }).publicKey.export({ format: "jwk" });
    return line("ssh-rsa", decoded(e), Buffer.concat([Buffer.alloc(1), decoded(n)]));
  };
  const ecdsa = (namedCurve: string, nist: string) => {
    const { x, y } = generateKeyPairSync("ec", { namedCurve }).publicKey.export({ format: "jwk" });
    return line(`ecdsa-sha2-${nist}`, nist, Buffer.concat([Buffer.from([4]), decoded(x), decoded(y)]));
  };
  const short = exampleSshKey.split(" ").slice(0, 2).join(" ");

  it.each([
    exampleSshKey,
    short,
    rsa(2048),
    ecdsa("P-256", "nistp256"),
    ecdsa("P-384", "nistp384"),
    ecdsa("P-521", "nistp521"),
  ])("take %s", (key) => expect(lineFor(key)).toBe(""));
  it.each([
    ["cut off", short.slice(0, 60)],
    ["cut off by one field", line("ssh-rsa", "e")],
    ["with junk behind the key", `${short}junk`],
    ["with bytes behind the key", line("ssh-ed25519", Buffer.alloc(32), "more")],
    ["of a wrong length", line("ssh-ed25519", Buffer.alloc(31))],
    ["with a point that is on no curve", line("ecdsa-sha2-nistp256", "nistp256", Buffer.alloc(65, 4))],
    ["of another algorithm than it says", short.replace("ssh-ed25519", "ssh-rsa")],
    ["named constructor", "constructor AAAA"],
    ["of an old algorithm", line("ssh-dss", "p")],
  ])("refuse one %s", (_what, key) => {
    expect(lineFor(key)).toContain("administrators.sshKeys.jane: must be an OpenSSH public key");
  });
  it("refuse two in one line, a line break, and RSA of 1024 bits", () => {
    expect(lineFor(`${exampleSshKey} ${short}`)).toContain("must be one key");
    expect(lineFor(`from="*" ${short}`)).toContain("must be one key");
    expect(lineFor(`${exampleSshKey}\n${exampleSshKey}`)).toContain("must be one line");
    expect(lineFor(rsa(1024))).toContain("must be an RSA key of 2048 bits or more, this one has 1024");
  });
});

describe("texts", () => {
  it.each(["@a{{b}}", "@x y", "@", "@@x", "@a\n@b", "@${x}"])("of receivers refuse %j", (receiver) => {
    expect(lineOf({ monitoring: { receivers: { urgent: [receiver] } } })).toContain("must be a Datadog handle");
  });
  it("of receivers are few, each once", () => {
    const many = Array.from({ length: 21 }, (_, index) => `@a${index}`);
    expect(lineOf({ monitoring: { receivers: { urgent: many } } })).toContain("must have at most 20 entries");
    expect(lineOf({ monitoring: { receivers: { urgent: ["@a", "@a"] } } })).toContain(
      "monitoring.receivers.urgent[1]: must be listed once",
    );
  });
  it.each(["a\u202eb reads otherwise", "a\u0000b is cut off", "a\ud800b is half a character", "a\u200bb is hidden"])(
    "refuse characters that nobody sees: %j",
    (reason) => {
      expect(lineOf({ monitoring: { monitors: { "cpu-busy": { reason, critical: 4 } } } })).toContain(
        "must hold no invisible characters",
      );
    },
  );
  it.each([
    ["2026-02-30T00:00:00Z", "must be a day that there is"],
    ["2027-02-29T00:00:00Z", "must be a day that there is"],
    ["2026-12-01T24:00:00Z", "must be a day that there is"],
    ["2026-12-01T25:00:00Z", "must be a time in UTC"],
    ["2026-12-01", "must be a time in UTC"],
  ])("of times refuse %s", (start, words) => {
    const downtimes = { work: { reason: "new disks arrive", start, end: "2028-01-01T00:00:00Z" } };
    expect(lineOf({ monitoring: { downtimes } })).toContain(`monitoring.downtimes.work.start: ${words}`);
  });
  it.each([
    ["-----BEGIN PGP PRIVATE KEY BLOCK-----", "must be the name of a file, this is its content, got a private key"],
    ["/dev/zero", "must name a file that can be read"],
    [".", "must name a file that can be read"],
  ])("of key files refuse %s", (keyFile, words) => {
    expect(lineOf({ aptSources: { mysql: { keyFile } } })).toContain(`aptSources.mysql.keyFile: ${words}`);
  });
  it("in key files are one public key, and no private one", () => {
    const folder = temporaryFolder();
    const lineWith = (content: string) => {
      writeFileSync(join(folder, "key.asc"), content);
      return lineOf({ aptSources: { mysql: { keyFile: join(folder, "key.asc") } } });
    };
    const key = readFileSync(exampleKeyFile, "utf8");
    expect(lineWith(key)).toBe("");
    expect(lineWith(key.replaceAll("PUBLIC", "PRIVATE"))).toContain("this one holds a private key");
    expect(lineWith(`${key}${key.replaceAll("PUBLIC", "PRIVATE")}`)).toContain("this one holds a private key");
    expect(lineWith(`${key}${key}`)).toContain("must name a file with one armored public key");
    // The same packets, the first one said to be a secret key (tag 5).
    expect(lineWith(key.replace("mDME", "lDME"))).toContain("must name a file with one armored public key");
  });
});

describe("names of environments", () => {
  it.each(["Production", "x", "staging_2", "a-very-long-environment-name"])("refuses %s", (name) => {
    expect(linesOf({}, name)).toEqual([
      `environment: must be a name of 2 to 20 lower-case letters, digits and hyphens, beginning with a letter, got "${name}"; rename the file under environments/`,
    ]);
  });
});

it("covers at least forty bad inputs", () => {
  expect(Object.values(mistakes).flat().length).toBeGreaterThanOrEqual(40);
});
