import { exampleConfig, exampleRecipients, exampleSshKey, type Overrides } from "../../__tests__/support/config.js";
import type { EnvironmentInput } from "../../modules/config/schema.js";
import { settings, type Setting } from "../../modules/config/settings.js";
import { markdownPage, markdownTable } from "./markdown.js";

/** Settings that answer one question of a reader. */
export interface Chapter {
  readonly title: string;
  /** What to know before the list. */
  readonly about: string;
  /** Settings at the top of an environment. */
  readonly keys: readonly (keyof EnvironmentInput)[];
  /** Part of a valid environment. */
  readonly example: Overrides<EnvironmentInput>;
}

export const chapters: readonly Chapter[] = [
  {
    title: "The site and its release",
    about:
      "`npm run app:build` prints `url` and `sha256` of `application`. [What an application must do, and what it gets](your-application.md).",
    keys: ["domain", "application"],
    example: {
      domain: "foobar.com",
      application: {
        url: "https://releases.foobar.com/release-1.2.0.tar.gz",
        sha256: "0123456789abcdef".repeat(4),
        command: ["/usr/bin/python3", "serve.py"],
        packages: ["python3-flask"],
        environment: { GREETING: "hello" },
        writePaths: ["/orders/"],
      },
    },
  },
  {
    title: "Servers",
    about:
      "What protects them, and where they are. A changed server waits until it is [replaced](operations.md#replace-outdated-servers).",
    keys: ["servers", "serverType", "location", "backups", "protect", "acceptUnprotected"],
    example: {
      serverType: "cx33",
      servers: { delta: { privateIp: "10.0.1.134", roles: ["web"] } },
    },
  },
  {
    title: "Who can log in",
    about: "Without networks SSH is closed, and root has no password.",
    keys: ["administrators"],
    example: { administrators: { cidrs: ["198.51.100.0/28"], sshKeys: { jane: exampleSshKey } } },
  },
  {
    title: "Database",
    about: "Make a group name of your own with `uuidgen`, once.",
    keys: ["database"],
    example: { database: { groupName: "0b5d3c6e-7c1a-4e0f-9a53-6f6f2b6d9a11", volumeSizeGb: 100 } },
  },
  {
    title: "Backup and restore",
    about: "[What flows where, the keys, and how to restore](backup.md).",
    keys: ["backup", "acceptNoBackup", "restore"],
    example: {
      acceptNoBackup: undefined,
      backup: {
        endpoint: "https://fsn1.your-objectstorage.com",
        region: "fsn1",
        bucket: "foobar-archive",
        recipients: [...exampleRecipients],
      },
    },
  },
  {
    title: "Network, balancer and TLS",
    about:
      "`tls` and `network.balancerIp` change a running site by [a second balancer](changes.md#change-the-domain-tls-mode-or-the-balancers-address).",
    keys: ["tls", "network", "loadBalancer"],
    example: { tls: "passthrough", loadBalancer: { type: "lb21", healthCheck: { intervalSeconds: 5 } } },
  },
  {
    title: "Certificate and Cloudflare",
    about: "Browsers see Cloudflare's certificate; the one here is between Cloudflare and the origin.",
    keys: ["certificate", "cloudflare"],
    example: {
      certificate: { validityDays: 90, generation: 2 },
      cloudflare: { minimumTlsVersion: "1.3", rateLimit: { requestsPer10Seconds: 100 } },
    },
  },
  {
    title: "Limits of visitors",
    about: "What the servers themselves refuse, behind Cloudflare's own limit.",
    keys: ["visitors"],
    example: { visitors: { writesPerMinute: 30 } },
  },
  {
    title: "Monitoring",
    about: "Every change to a monitor has a reason, which the review shows. [The runbook](runbook.md) has the names.",
    keys: ["monitoring"],
    example: {
      monitoring: {
        receivers: { urgent: ["@pagerduty-foobar"], notUrgent: ["@slack-foobar-operations"] },
        monitors: { "cpu-busy": { reason: "nightly reports keep the CPU busy", warning: 8, critical: 2 } },
      },
    },
  },
  {
    title: "Secrets",
    about: "A raised number changes nothing by itself: [`npm run ops rotate`](operations.md#rotate-a-secret) does.",
    keys: ["generations"],
    example: { generations: { edgeToken: 2 } },
  },
  {
    title: "Where packages come from",
    about: "MySQL and the Datadog agent are installed from their vendors' archives, or from a mirror of them.",
    keys: ["aptSources"],
    example: { aptSources: { mysql: { url: "https://mirror.foobar.com/mysql/apt/debian" } } },
  },
  {
    title: "Terraform's state",
    about:
      "Whoever reads it reads every secret: a private bucket, [moved](state.md#move-the-state-to-a-bucket) with care.",
    keys: ["backend"],
    example: {
      backend: {
        type: "s3",
        bucket: "foobar-state",
        endpoint: "https://fsn1.your-objectstorage.com",
        region: "fsn1",
        // The example that it is merged with keeps its state in a file.
        acceptLocalState: undefined,
      } as Overrides<EnvironmentInput>["backend"],
    },
  },
];

const code = (text: string): string => `\`${text}\``;

const shown = (path: readonly string[]): string =>
  path
    .map((key) => (key === "*" ? "<name>" : key))
    .join(".")
    .replaceAll(".[]", "[]");

function defaultText(setting: Setting): string {
  if (setting.required) return "required";
  return setting.default === undefined ? "-" : code(JSON.stringify(setting.default));
}

/** Whether a setting holds a value of its own, as a list does, and is no mere group of settings. */
const isValue = (setting: Setting, all: readonly Setting[]): boolean =>
  setting.type.startsWith("list") ||
  !all.some(
    (other) => other.path.length > setting.path.length && setting.path.every((key, index) => other.path[index] === key),
  );

const table = (rows: readonly Setting[]): string =>
  markdownTable(
    ["Setting", "Meaning", "Type", "Default"],
    rows.map((setting) => [code(shown(setting.path)), setting.description, code(setting.type), defaultText(setting)]),
  );

/** An example as it stands in an environment's file. @throws Error that lists every problem of an example that is refused */
function snippet(example: Chapter["example"]): string {
  exampleConfig(example);
  return ["```ts", `export default defineEnvironment(${JSON.stringify(example)});`, "```"].join("\n");
}

/** docs/configuration.md: every setting with its meaning, type and default, by what a reader asks; an example for each. */
export function configurationPage(): Promise<string> {
  const all = settings();
  const values = all.filter((setting) => isValue(setting, all));
  const belongsTo =
    ({ keys }: Pick<Chapter, "keys">) =>
    (setting: Setting) =>
      (keys as readonly (string | undefined)[]).includes(setting.path[0]);
  const others = values.filter((setting) => !chapters.some((chapter) => belongsTo(chapter)(setting)));
  return markdownPage([
    "# Configuration",
    "Generated from `modules/config/schema.ts` by `npm run docs`.",
    "One file per environment under `environments/`, chosen by `ENVIRONMENT` (production by default). A mistake is reported as `path: rule, got value; fix`, all mistakes at once. Examples show what is said besides the rest of the file.",
    ...chapters.flatMap((chapter) => [
      `## ${chapter.title}`,
      chapter.about,
      snippet(chapter.example),
      table(values.filter(belongsTo(chapter))),
    ]),
    ...(others.length > 0 ? ["## Everything else", table(others)] : []),
  ]);
}
