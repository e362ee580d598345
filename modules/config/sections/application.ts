import * as z from "zod";
import * as values from "../values/index.js";
import { custom } from "../values/verdict.js";

/** Maximum number of words in a command. A longer command must be written as a script in the release. */
const mostWords = 50;
const most = {
  packages: 50,
  variables: 100,
  paths: 20,
  secrets: 20,
  peers: 10,
  ports: 5,
  allPorts: 30,
  secretBytes: 4096,
  tasks: 20,
} as const;

const tooMany = {
  message: `must have at most ${most.tasks} entries`,
  params: { fix: "combine several tasks in one command" },
};

const secret = z.strictObject({
  /** Maximum length of the value in bytes, 1 to 4096. [Secrets](your-application.md#secrets) describes where you set the value. */
  maxBytes: z.int().min(1).max(most.secretBytes),
});

/**
 * Maximum numbers of networks and ports. Hetzner allows 50 rules per firewall (OpenAPI description of `rules`). Each
 * port of a network needs one rule, and the platform itself needs fewer than 20 rules.
 */
const peer = z.strictObject({
  /** Public network in CIDR notation. */
  cidr: values.egressCidr,
  /** TCP ports, at most 5 per network and 30 in total. At most 10 networks are allowed. */
  ports: values.distinct(values.port, most.ports).min(1),
});

/** A command in the form that systemd executes: separate words, which no shell interprets. */
const command = z
  .array(values.commandWord)
  .min(1)
  .max(mostWords)
  .superRefine(([first], context) => {
    const verdict = first === undefined ? undefined : values.programVerdict(first);
    if (verdict) context.addIssue({ ...custom(verdict.rule, verdict.fix), path: [0] });
  });

/** Memory of a worker or schedule, in MiB. Workers and schedules run in addition to the application. */
const besideMib = z.int().min(32).max(65_536).default(128);

const worker = z.strictObject({
  /** Command that starts the worker, in the same form as `application.command`. */
  command,
  /** "one": the worker runs on one web server. If this server fails, another server starts the worker within 40 s. "all": the worker runs on every web server. Default: "one". */
  on: z.enum(["one", "all"]).default("one"),
  /** Maximum memory of the command, in MiB, 32 to 65536. Every web server reserves this memory. Default: 128. */
  memoryMib: besideMib,
});

const schedule = z.strictObject({
  /** Command that exits when its work is done, in the same form as `application.command`. */
  command,
  /** Times of the runs in the format of systemd's `OnCalendar=`, at most one per minute, in UTC unless a time zone is given. */
  at: values.calendar,
  /** Whether another server may repeat a run that was interrupted, for example by a power failure. Default: false. */
  repeatable: z.boolean().default(false),
  /** Maximum memory of the command, in MiB, 32 to 65536. Every web server reserves this memory. Default: 128. */
  memoryMib: besideMib,
});

/** Placeholder in the lab's write requests. Each request replaces the placeholder by a different text. */
export const visitorText = "{text}";

/** Describes the write requests that the lab sends like a visitor. Servers do not receive these settings. */
const visitor = z
  .strictObject({
    /** Path of the write requests that the lab sends as a visitor. Without `visitor`, the lab skips all tests that need writes. */
    path: values.urlPath,
    /** HTTP method of the write request. Default: "POST". */
    method: z.enum(["POST", "PUT", "PATCH"]).default("POST"),
    /** Headers of the write request, in addition to `Content-Type: application/json`. */
    headers: z.record(values.headerName, values.variableValue).default({}),
    /** Body of the write request. For each request, the lab replaces `{text}` in body and headers with a new text of 20 to 30 letters, digits and hyphens. */
    body: values.body,
    /** HTTP status of a successful write, 200 to 399. Default: 201. */
    status: z.int().min(200).max(399).default(201),
    /** Table in the schema `app` in which the application stores the text. */
    table: values.sqlName,
    /** Column of this table in which the application stores the text. */
    column: values.sqlName,
  })
  .superRefine(({ headers, body }, context) => {
    if ([body, ...Object.values(headers)].some((value) => value.includes(visitorText))) return;
    const fix = `enter ${visitorText} in a field that the application stores`;
    context.addIssue({
      ...custom(`must contain ${visitorText}, in the body or in a header, so that each write can be recognized`, fix),
      path: ["body"],
    });
  });

const storage = z.strictObject({
  /** URL of the object storage, for example "https://nbg1.your-objectstorage.com". */
  endpoint: values.archiveUrl,
  /** Region of the bucket, for example "nbg1". */
  region: values.region,
  /** Private bucket of the releases, in a separate Hetzner project. */
  bucket: values.bucketName,
});

/**
 * Settings of the application: its release, commands, paths and limits. docs/your-application.md lists the requirements for applications.
 */
export const application = z.strictObject({
  /** Public URL of the release. Required unless `application.storage` describes a private bucket. */
  url: values.downloadUrl.optional(),
  /** Private bucket that holds the releases, instead of `url`. `npm run app:publish` uploads a release; servers download it with `TF_VAR_release_key`. */
  storage: storage.optional(),
  /** SHA-256 of the release, 64 hexadecimal digits, as printed by the build. */
  sha256: values.sha256,
  /** Command that starts the application in the release's folder, without a shell: a program of a Debian package or of the release (`./…`), and its arguments. Default: ["/usr/bin/node", "server.js"]. */
  command: command.default(["/usr/bin/node", "server.js"]),
  /** "socket": systemd passes the listening socket to the application. "port": the application listens on `PORT`, so HAProxy delays requests while a release restarts the application. Default: "socket". */
  listens: z.enum(["socket", "port"]).default("socket"),
  /** Command that updates the database schema before a release. If the schema is current, the command must change nothing. Without this command, the application may extend the schema itself. */
  migrate: command.optional(),
  /** Additional release commands that always run, at most 20. */
  workers: z
    .record(values.taskName, worker)
    .refine((tasks) => Object.keys(tasks).length <= most.tasks, tooMany)
    .default({}),
  /** Release commands that run at given times, at most 20. */
  schedules: z
    .record(values.taskName, schedule)
    .refine((tasks) => Object.keys(tasks).length <= most.tasks, tooMany)
    .default({}),
  /** Debian packages that the release needs, at most 50. Default: ["nodejs"]. */
  packages: values.distinct(values.packageName, most.packages).default(["nodejs"]),
  /** Environment variables of the application, at most 100, stored in plain text. The [platform's variables](your-application.md#variables) cannot be changed. */
  environment: z
    .record(values.variableName, values.variableValue)
    .refine((variables) => Object.keys(variables).length <= most.variables, {
      message: `must have at most ${most.variables} entries`,
      params: { fix: "list only what is needed" },
    })
    .default({}),
  /** Path that returns 200 if this server can serve visitors. The load balancer's health check requests this path. Default: "/healthz". */
  healthPath: values.urlPath.default("/healthz"),
  /** Path that returns 200 if the whole application works, including the database. A new release must pass this check. Default: "/readyz". */
  readyPath: values.urlPath.default("/readyz"),
  /** Path of an HTML page for visitors, which reads from the database and returns 200. Default: "/". */
  pagePath: values.urlPathOrFolder.default("/"),
  /** Path at which visitors get JSON with the environment's name in the field `environment`. Default: none. */
  statusPath: values.urlPath.optional(),
  /** Paths that visitors write to, at most 20. A path that ends with a slash includes all paths below it. The write limits of nginx and Cloudflare count requests to these paths. Default: ["/"]. */
  writePaths: values.distinct(values.urlPathOrFolder, most.paths).min(1).default(["/"]),
  visitor: visitor.optional(),
  /** Maximum memory of the application, in MiB, 128 to 65536. If the server also runs MySQL, MySQL gets the remaining memory. Default: 768. */
  memoryMib: z.int().min(128).max(65_536).default(768),
  /** Secrets of the application, at most 20. */
  secrets: z
    .record(values.variableName, secret)
    .refine((secrets) => Object.keys(secrets).length <= most.secrets, {
      message: `must have at most ${most.secrets} entries`,
      params: { fix: "combine several values in one secret, for example as JSON" },
    })
    .default({}),
  /** Networks that the application may connect to by TCP, in addition to the database. */
  egress: z
    .array(peer)
    .max(most.peers)
    .superRefine((peers, context) => {
      peers.forEach(({ cidr }, index) => {
        if (peers.findIndex((other) => other.cidr === cidr) !== index)
          context.addIssue({
            ...custom("must be listed once", "list all its ports in one entry"),
            path: [index, "cidr"],
          });
      });
    })
    .refine((peers) => peers.flatMap(({ ports }) => ports).length <= most.allPorts, {
      message: `must contain at most ${most.allPorts} ports in total, because Hetzner's firewall needs one rule per port`,
      params: { fix: "list fewer ports, or combine networks" },
    })
    .default([]),
  /** Folder below `app/` in the release that nginx serves as /static/. Default: none. */
  staticFolder: values.folder.optional(),
});

type Application = z.output<typeof application>;

/** Returns the maximum memory of the application with its workers and schedules, in MiB. */
export const memoryOf = ({ memoryMib, workers, schedules }: Application): number =>
  [...Object.values(workers), ...Object.values(schedules)].reduce((sum, task) => sum + task.memoryMib, memoryMib);

/**
 * Returns true if a command of the application runs on only one server at a time, so that the servers must coordinate.
 */
export const isClaimed = ({ migrate, workers, schedules }: Application): boolean =>
  migrate !== undefined || Object.keys(schedules).length > 0 || Object.values(workers).some(({ on }) => on === "one");
