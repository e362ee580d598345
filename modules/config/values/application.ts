import * as z from "zod";
import { bodyKib } from "../../platform/limits.js";
import { ports } from "../../platform/ports.js";
import { secretValues } from "../../platform/secret-words.js";
import { matching, text } from "./verdict.js";

/** A word of a command. systemd passes the word to the program unchanged, because no shell interprets it. */
export const commandWord = matching(
  /^[^\n\t]{1,500}$/,
  "must be a text of at most 500 characters in one line",
  "write each argument as a separate text",
);

/** Matches the program of a command. The program must be a path, because systemd starts it without a shell. */
const program = /^(\.?(\/[A-Za-z0-9_+-][A-Za-z0-9._+-]*)+)$/;

/**
 * Matches folders into which Debian packages install programs. Programs in other folders are excluded, because these
 * folders are writable, hidden from the application, or belong to one release.
 */
const ofPackages = /^\/(usr\/(?!local\/)|bin\/|sbin\/|opt\/(?!app(-runs)?\/|platform\/|mysql-))/;

/** Returns the problem of a command's first word, or `undefined` if the word is valid. */
export function programVerdict(word: string) {
  if (program.test(word))
    return word.startsWith(".") || ofPackages.test(word)
      ? undefined
      : {
          rule: "must be a program of a Debian package (/usr without /usr/local, /bin, /sbin or /opt), or begin with ./ for a file of the release",
          fix: word.startsWith("/opt/app/")
            ? `write "./${word.split("/").at(-1)}"`
            : 'write it as "/usr/bin/node" or "./bin/server"',
        };
  const [first = ""] = word.split(" ");
  return {
    rule: "must begin with an absolute path, or with ./ for a file of the release",
    fix: word.includes(" ")
      ? `write each word as a separate text: ${JSON.stringify(word.split(" "))}`
      : /^[a-z0-9.+-]+$/.test(first)
        ? `write "/usr/bin/${first}", or "./${first}" for a file of the release`
        : 'write it as "/usr/bin/node" or "./bin/server"',
  };
}

/**
 * Matches Debian packages that replace or disturb a component of the platform: firewall, web server, database, clock, resolver or logins.
 */
const conflicting =
  /^(ufw|firewalld|iptables-persistent|netfilter-persistent|fail2ban|apache2|libapache2-mod-.*|lighttpd|caddy|(mariadb|mysql|percona|default-mysql)-.*server.*|systemd-timesyncd|ntp|ntpsec|ntpdate|openntpd|resolvconf|openresolv|dnsmasq|bind9|unbound|network-manager|ifupdown|dropbear|telnetd?|vsftpd|docker\.io|docker-ce|postfix|exim4)$/;

/** Matches PHP packages that install apache2, unless another server interface of PHP is installed. */
const phpWithApache = /^php(\d\.\d)?$/;

/** Name of a Debian package (Debian policy, 5.6.1). A trailing hyphen is invalid, because apt would remove the package. */
export const packageName = text((value) => {
  if (phpWithApache.test(value))
    return {
      rule: "must not be a package that installs apache2, which would take nginx's port",
      fix: `write "${value}-cli" or "${value}-fpm"`,
    };
  if (conflicting.test(value))
    return {
      rule: "must not be a package that conflicts with the platform",
      fix: "remove it, because the platform provides this function",
    };
  return /^[a-z0-9][a-z0-9+.-]{0,98}[a-z0-9+.]$/.test(value)
    ? undefined
    : {
        rule: "must be the name of one Debian package",
        fix: 'write it as "python3-flask", each package as a separate text',
      };
});

/** Matches variables that the platform sets, and variables that change how a program is loaded. */
const taken =
  /^(HOST|PORT|DATABASE_\w+|SITE_DOMAIN|ENVIRONMENT|RELEASE|LISTEN_\w+|LD_\w+|NOTIFY_SOCKET|PATH|HOME|USER|SHELL)$/;

/** Returns the variable name that the owner probably intended: without accents, and beginning with a letter. */
const variableNameFor = (value: string): string =>
  value
    .normalize("NFKD")
    .replaceAll(/\p{M}/gu, "")
    .toUpperCase()
    .replaceAll(/[^A-Z0-9]+/g, "_")
    .replace(/^[^A-Z]+/, "")
    .slice(0, 63);

/** Name of an environment variable of the application. */
export const variableName = text((value) => {
  if (taken.test(value)) return { rule: "must not be a variable that the platform sets", fix: "choose another name" };
  return /^[A-Z][A-Z0-9_]{0,62}$/.test(value)
    ? undefined
    : {
        rule: "must be a name of at most 63 capital letters, digits and underscores, beginning with a letter",
        fix: `write it as "${variableNameFor(value) || "GREETING"}"`,
      };
});

/**
 * Value of an environment variable. The value is stored in plain text in the review, in user data, and in a file that all users of a server
 * can read.
 */
export const variableValue = text((value) => {
  if (value.length > 1000 || /[\n\t]/.test(value))
    return { rule: "must be one line of at most 1000 characters", fix: "put longer texts into a file of the release" };
  return secretValues.some((secret) => secret.test(value))
    ? {
        rule: "must not contain a secret, because the value is stored in plain text",
        fix: "move it to application.secrets",
      }
    : undefined;
});

/** Matches HTTP headers that an HTTP client sets itself. */
const clientsOwn = /^(host|connection|content-length|expect|transfer-encoding|upgrade)$/i;

/** Name of an HTTP header. */
export const headerName = text((value) => {
  if (clientsOwn.test(value))
    return { rule: "must not be a header that every HTTP client sets itself", fix: "remove it" };
  return /^[A-Za-z0-9-]{1,64}$/.test(value)
    ? undefined
    : {
        rule: "must be a header name of at most 64 letters, digits and hyphens",
        fix: 'write it as "Idempotency-Key"',
      };
});

/** Body of an HTTP request. */
export const body = text((value) =>
  Buffer.byteLength(value) <= bodyKib.nginx * 1024
    ? undefined
    : { rule: `must have at most ${bodyKib.nginx} KiB, the limit of all requests`, fix: "write a shorter body" },
);

/** Name of a table or column that needs no quotes in SQL. */
export const sqlName = matching(
  /^[A-Za-z_][A-Za-z0-9_]{0,63}$/,
  "must be a name of at most 64 letters, digits and underscores",
  'write only the name, for example "orders"',
);

/**
 * TCP port to which the application may connect. DNS ports are excluded, because a DNS query can leak data. Only the
 * platform's resolver may send DNS queries.
 */
export const port = z
  .int()
  .min(1)
  .max(65_535)
  .refine((value) => value !== ports.dns && value !== 853, {
    message: "must not be a DNS port, because data could leave unnoticed in DNS queries",
    params: { fix: "remove it, because networks are listed by address" },
  });

const segments = /^(\/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+$/;

/** URL path that the application serves. Paths below /static/ are excluded, because nginx serves them. */
export const urlPath = text((value) =>
  segments.test(value) && value.length <= 100
    ? undefined
    : {
        rule: "must be a path of at most 100 letters, digits and ._~- between slashes, and must not end with a slash",
        fix: 'write it as "/healthz"',
      },
);

/** URL path that the application serves. A path that ends with a slash includes all paths below it. */
export const urlPathOrFolder = text((value) =>
  value === "/" || (segments.test(value.replace(/\/$/, "")) && value.length <= 100)
    ? undefined
    : {
        rule: "must be a path such as /login, or a folder such as /api/ for all paths below it",
        fix: 'write it as "/api/", without host, query and wildcards',
      },
);
