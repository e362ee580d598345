import { serverTypes } from "../../platform/hetzner-offers.js";
import { siteHosts, staticPath } from "../../platform/names.js";
import { secretVariable } from "../../platform/secret-words.js";
import { memoryOf } from "../sections/application.js";
import { applicationRoomMib } from "../buffer-pool.js";
import { leastMemoryGib } from "./servers.js";
import { rule, unless } from "./rule.js";

const pathsDiffer = rule(["application"], ({ application }) => {
  const { healthPath, readyPath, pagePath, statusPath, visitor } = application;
  return [
    ...unless(readyPath !== healthPath, () => ({
      path: "application.readyPath",
      rule: "must differ from application.healthPath, because an unavailable database must not remove all servers from the load balancer",
      got: readyPath,
      fix: "let the application answer the two paths separately",
    })),
    ...[
      { path: "pagePath", got: pagePath },
      { path: "statusPath", got: statusPath, orNone: true },
      { path: "visitor.path", got: visitor?.path },
    ].flatMap(({ path, got, orNone }) =>
      unless(got !== healthPath && got !== readyPath, () => ({
        path: `application.${path}`,
        rule: "must differ from application.healthPath and application.readyPath, because visitors cannot request these paths",
        got,
        fix: `choose a path that visitors may request${orNone ? ", or remove statusPath" : ""}`,
      })),
    ),
    ...application.writePaths.flatMap((got, index) =>
      unless(got !== healthPath && got !== readyPath, () => ({
        path: `application.writePaths[${index}]`,
        rule: "must differ from application.healthPath and application.readyPath, because visitors cannot request these paths",
        got,
        fix: "remove it",
      })),
    ),
    ...unless(statusPath !== pagePath, () => ({
      path: "application.statusPath",
      rule: "must differ from application.pagePath, because statusPath returns JSON and pagePath returns HTML",
      got: statusPath,
      fix: "set two different paths, or remove statusPath",
    })),
  ];
});

/** Returns true if a path is in the list, or if the path is below a listed path that ends with a slash. */
const isAmong = (path: string, paths: readonly string[]): boolean =>
  paths.some((other) => path === other || (other.endsWith("/") && path.startsWith(other)));

/**
 * Checks that nginx and Cloudflare limit the write requests that the lab sends. Otherwise the lab would not test these
 * limits.
 */
const visitorWrites = rule(["application"], ({ application: { visitor, writePaths } }) =>
  unless(visitor === undefined || isAmong(visitor.path, writePaths), () => ({
    path: "application.visitor.path",
    rule: `must be covered by application.writePaths (${writePaths.join(", ")})`,
    got: visitor?.path,
    fix: "add the path to application.writePaths",
  })),
);

/** Matches paths that the WAF rule in `modules/cloudflare/waf-rule.ts` blocks by default. */
const scannersPath = /\.php$|^\/wp-/i;

const passesWaf = rule(["application", "cloudflare"], ({ application, cloudflare }) => {
  const { pagePath, statusPath, visitor, writePaths } = application;
  return [
    { path: "pagePath", got: pagePath },
    { path: "statusPath", got: statusPath },
    { path: "visitor.path", got: visitor?.path },
    ...writePaths.map((got, index) => ({ path: `writePaths[${index}]`, got })),
  ].flatMap(({ path, got }) =>
    unless(cloudflare.firewall.expression !== undefined || !scannersPath.test(got ?? ""), () => ({
      path: `application.${path}`,
      rule: "must not be a typical path of scanners (….php, /wp-…), because Cloudflare blocks these paths",
      got,
      fix: "choose another path, or define what to block in cloudflare.firewall.expression",
    })),
  );
});

const nameOf = (variable: string): string => variable.replace(/_FILE$/, "");

/**
 * Checks that no variable in `application.environment` has the name of a variable for a secret. The variable for a
 * secret contains the path of the secret's file.
 */
const secretsHaveNames = rule(["application"], ({ application: { environment, secrets } }) =>
  Object.keys(environment)
    .filter((variable) => variable !== nameOf(variable) && Object.hasOwn(secrets, nameOf(variable)))
    .map((variable) => ({
      path: `application.environment.${variable}`,
      rule: `must have another name, because this variable contains the path of the secret ${nameOf(variable)}`,
      got: environment[variable],
      fix: "choose another name, or remove it",
    })),
);

const staticIsNginx = rule(["application"], ({ application }) => {
  const { staticFolder, healthPath, readyPath, statusPath, visitor, writePaths } = application;
  const answered = [
    { path: "healthPath", got: healthPath },
    { path: "readyPath", got: readyPath },
    { path: "statusPath", got: statusPath },
    { path: "visitor.path", got: visitor?.path },
    ...writePaths.map((got, index) => ({ path: `writePaths[${index}]`, got })),
  ];
  return answered.flatMap(({ path, got }) =>
    unless(staticFolder === undefined || !got?.startsWith(staticPath), () => ({
      path: `application.${path}`,
      rule: `must not be below ${staticPath}, because nginx serves application.staticFolder there`,
      got,
      fix: "choose another path",
    })),
  );
});

const memoryFits = rule(["application", "servers", "serverType"], ({ application, servers, serverType }) => {
  const rooms = Object.entries(servers)
    .filter(([, { roles }]) => roles.includes("web"))
    .flatMap(([name, { type, roles }]) => {
      const memoryGib = serverTypes[type ?? serverType]?.memoryGib ?? 0;
      // Skips server types that are too small for their roles, because another rule reports them.
      if (roles.some((role) => memoryGib < leastMemoryGib[role])) return [];
      const room = applicationRoomMib({ memoryMib: memoryGib * 1024, database: roles.includes("database") });
      return [{ name, room }];
    })
    .sort((one, other) => one.room - other.room);
  const [tightest] = rooms;
  return unless(tightest === undefined || memoryOf(application) <= tightest.room, () => ({
    path: "application.memoryMib",
    rule: `must be, including workers and schedules, at most ${tightest?.room} MiB, the memory that ${tightest?.name} has available`,
    got: memoryOf(application),
    fix: "lower it, or choose a larger server type",
  }));
});

const releaseHasOneAddress = rule(["application"], ({ application: { url, storage } }) => [
  ...unless(url !== undefined || storage !== undefined, () => ({
    path: "application.url",
    rule: "is required unless application.storage is set",
    got: url,
    fix: "set the public URL of the release, or application.storage for a private bucket",
  })),
  ...unless(url === undefined || storage === undefined, () => ({
    path: "application.url",
    rule: "must be omitted if application.storage is set: the bucket and sha256 determine the address",
    got: url,
    fix: "remove url, or remove storage if the release is public",
  })),
]);

/**
 * Checks that the release is not downloaded from the site itself. After a total outage, the site could not deliver the
 * release to its servers.
 */
const releaseIsElsewhere = rule(["application", "domain"], ({ application: { url }, domain }) =>
  unless(url === undefined || !siteHosts({ domain }).includes(new URL(url).hostname), () => ({
    path: "application.url",
    rule: "must not be on the site's own host, because servers could not download the release after an outage of all servers",
    got: url,
    fix: "upload the release to an object storage, or set application.storage",
  })),
);

/**
 * Debian packages that contain an interpreter. Python and Perl are missing in this list, because every Debian server
 * already has them.
 */
const interpreters: Readonly<Record<string, { readonly is: RegExp; readonly example: string }>> = {
  node: { is: /^nodejs$/, example: "nodejs" },
  php: { is: /^php/, example: "php-cli" },
  ruby: { is: /^ruby/, example: "ruby" },
  java: { is: /-(jre|jdk)(-headless)?$/, example: "default-jre-headless" },
};

const interpreterIsInstalled = rule(["application"], ({ application }) => {
  const { command, migrate, workers, schedules, packages } = application;
  const ofTasks = (kind: string, tasks: Readonly<Record<string, { readonly command: readonly string[] }>>) =>
    Object.entries(tasks).map(([name, task]) => ({ path: `${kind}.${name}.command`, words: task.command }));
  const commands = [
    { path: "command", words: command },
    { path: "migrate", words: migrate ?? [] },
    ...ofTasks("workers", workers),
    ...ofTasks("schedules", schedules),
  ];
  return commands.flatMap(({ path, words: [program = ""] }) => {
    const name = /^\/(?:usr\/)?bin\/([a-z]+)[\d.]*$/.exec(program)?.[1] ?? "";
    const needed = Object.hasOwn(interpreters, name) ? interpreters[name] : undefined;
    return unless(needed === undefined || packages.some((one) => needed.is.test(one)), () => ({
      path: `application.${path}`,
      rule: `must belong to one of application.packages (${packages.join(", ") || "none"})`,
      got: program,
      fix: `add "${needed?.example}" to application.packages`,
    }));
  });
});

const secretsAreSecret = rule(["application"], ({ application: { environment } }) =>
  Object.entries(environment)
    .filter(([name, value]) => secretVariable.test(name) && value !== "" && !value.startsWith("/"))
    .map(([name]) => ({
      path: `application.environment.${name}`,
      rule: "must not contain a secret, because the value is stored in plain text",
      got: "…",
      fix: `make it application.secrets.${name}, or choose another name if it is not secret`,
    })),
);

/** Rules about the settings of the application. */
export const applicationRules = [
  releaseHasOneAddress,
  releaseIsElsewhere,
  interpreterIsInstalled,
  secretsAreSecret,
  pathsDiffer,
  visitorWrites,
  passesWaf,
  secretsHaveNames,
  staticIsNginx,
  memoryFits,
];
