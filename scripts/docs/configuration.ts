import { readFileSync } from "node:fs";
import type { EnvironmentInput } from "../../modules/config/schema.js";
import { settings, type Setting } from "../../modules/config/settings.js";
import { descriptions } from "./descriptions.js";
import { markdownPage } from "./markdown.js";

/** A chapter of the page, with the settings of one topic. */
interface Chapter {
  readonly title: string;
  /** Introduction of the chapter. */
  readonly about: string;
  /** Top-level settings of the topic. */
  readonly keys: readonly (keyof EnvironmentInput)[];
}

const chapters: readonly Chapter[] = [
  {
    title: "The site and its release",
    about:
      "`npm run app:build` prints `url` and `sha256` of `application`. [Your application](your-application.md) explains the settings.",
    keys: ["domain", "application"],
  },
  {
    title: "Servers",
    about:
      "Existing servers get a changed setting only when they are [replaced](operations.md#replace-outdated-servers).",
    keys: ["servers", "serverType", "location", "backups", "protect", "acceptUnprotected"],
  },
  {
    title: "Who can log in",
    about: "By default nobody can log in to the servers.",
    keys: ["administrators"],
  },
  {
    title: "Database",
    about: "Create your own group name with `uuidgen`, before the first deploy.",
    keys: ["database"],
  },
  {
    title: "Backup and restore",
    about: "[Backup and restore](backup.md) explains the archive of the data and its keys.",
    keys: ["backup", "acceptNoBackup", "restore"],
  },
  {
    title: "Network, balancer and TLS",
    about:
      "Before you change `tls` or `network.balancerIp` of a running site, read [the steps of this change](changes.md#change-the-domain-tls-mode-or-the-balancers-address).",
    keys: ["tls", "network", "loadBalancer"],
  },
  {
    title: "Certificate and Cloudflare",
    about:
      "`certificate` secures the connection from Cloudflare to the load balancer or the servers. Visitors get another certificate, which Cloudflare manages.",
    keys: ["certificate", "cloudflare"],
  },
  {
    title: "Visitor limits",
    about: "nginx limits write requests in addition to Cloudflare's rate limit.",
    keys: ["visitors"],
  },
  {
    title: "Monitoring",
    about: "[The runbook](runbook.md) lists the names of all monitors.",
    keys: ["monitoring"],
  },
  {
    title: "Secrets",
    about:
      "Each secret has a number. To replace a secret, raise its number by one and [rotate it](operations.md#rotate-a-secret).",
    keys: ["generations"],
  },
  {
    title: "Where packages come from",
    about: "MySQL and the Datadog agent are installed from their vendors' apt repositories, or from mirrors.",
    keys: ["aptSources"],
  },
  {
    title: "Terraform's state",
    about:
      "Terraform's state contains every secret, so [store it in a private bucket](state.md#move-the-state-to-a-bucket).",
    keys: ["backend"],
  },
];

const exampleFile = "environment.example.ts";

/** Returns a link to the lines of the example that set the settings of a chapter. A comment with the title begins these lines. */
function exampleLink(title: string): string {
  const lines = readFileSync(new URL(`../../docs/${exampleFile}`, import.meta.url), "utf8").split("\n");
  const first = lines.indexOf(`  // ${title}`);
  if (first < 0)
    throw new Error(`docs/${exampleFile} has no comment "// ${title}"; add it before the settings of this chapter`);
  const count = lines.slice(first).findIndex((line) => line === "" || line === "});");
  return `[Example](${exampleFile}#L${first + 2}-L${first + count}).`;
}

const code = (text: string): string => `\`${text}\``;

const shown = (path: readonly string[]): string =>
  path
    .map((key) => (key === "*" ? "<name>" : key))
    .join(".")
    .replaceAll(".[]", "[]");

/** Returns, in parentheses, the type and whether the setting is required. Omits the type if the description or the default shows it. */
function detailsOf({ type, required, default: fallback }: Setting, description: string): string {
  const isDescribed = type.split(" | ").every((value) => description.includes(`${value}:`));
  const isShown = type.includes('"') ? !isDescribed : type !== "string" && fallback === undefined;
  const details = [...(isShown ? [code(type)] : []), ...(required ? ["required"] : [])];
  return details.length > 0 ? ` (${details.join(", ")})` : "";
}

/** Returns true if a setting has a value or a list of values, and false if the setting only groups other settings. */
const isValue = (setting: Setting, all: readonly Setting[]): boolean =>
  setting.type.startsWith("list") ||
  !all.some(
    (other) => other.path.length > setting.path.length && setting.path.every((key, index) => other.path[index] === key),
  );

/** Returns a Markdown list. Settings with the same type and description share one item. */
function list(rows: readonly Setting[], describe: (path: readonly string[]) => string): string {
  const items = new Map<string, string[]>();
  for (const setting of rows) {
    const description = describe(setting.path);
    const text = `${detailsOf(setting, description)}: ${description}`;
    items.set(text, [...(items.get(text) ?? []), code(shown(setting.path))]);
  }
  return [...items].map(([text, paths]) => `- ${paths.join(", ")}${text}`).join("\n");
}

/** Returns docs/configuration.md: all settings with description, type and default, grouped by topic. */
export function configurationPage(): Promise<string> {
  const all = settings();
  const describe = descriptions();
  const values = all.filter((setting) => isValue(setting, all));
  const belongsTo =
    ({ keys }: Pick<Chapter, "keys">) =>
    (setting: Setting) =>
      (keys as readonly (string | undefined)[]).includes(setting.path[0]);
  const others = values.filter((setting) => !chapters.some((chapter) => belongsTo(chapter)(setting)));
  return markdownPage([
    "# Configuration",
    "Generated from `modules/config/schema.ts` by `npm run docs`.",
    `Each environment has one file in \`environments/\`. The variable \`ENVIRONMENT\` selects the file (default: production). [${exampleFile}](${exampleFile}) is a complete example; copy the lines that you need. \`npm run synth\` reports all mistakes at once, each with the setting, the rule, the wrong value and the fix. A setting without a type is a string.`,
    ...chapters.flatMap((chapter) => [
      `## ${chapter.title}`,
      `${chapter.about} ${exampleLink(chapter.title)}`,
      list(values.filter(belongsTo(chapter)), describe),
    ]),
    ...(others.length > 0 ? ["## Everything else", list(others, describe)] : []),
  ]);
}
