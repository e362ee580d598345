import * as z from "zod";
import * as values from "../values/index.js";
import { custom } from "../values/verdict.js";

/** Words of a command; more of them belong into a file of the release. */
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
  params: { fix: "let one command do several things" },
};

const secret = z.strictObject({
  maxBytes: z
    .int()
    .min(1)
    .max(most.secretBytes)
    .describe(
      `Longest value, 1 to ${most.secretBytes}, for which room is kept in user data. The value is \`TF_VAR_app_secret_<name in lower case>\`; the application finds the path of a file with it in \`<NAME>_FILE\`. Another value: \`npm run ops rotate application-secrets\`.`,
    ),
});

/** Hetzner takes 50 rules for a firewall (its OpenAPI description, `rules`), one for each port of a network; the platform's own are fewer than 20. */
const peer = z.strictObject({
  cidr: values.egressCidr.describe("A public network, or `0.0.0.0/0` for all of IPv4, `::/0` for all of IPv6."),
  ports: values
    .distinct(values.port, most.ports)
    .min(1)
    .describe(
      `TCP ports, at most ${most.ports} for each of at most ${most.peers} networks, and ${most.allPorts} in all.`,
    ),
});

/** A command as systemd starts it: words, and no shell that would read them. */
const command = z
  .array(values.commandWord)
  .min(1)
  .max(mostWords)
  .superRefine(([first], context) => {
    const verdict = first === undefined ? undefined : values.programVerdict(first);
    if (verdict) context.addIssue({ ...custom(verdict.rule, verdict.fix), path: [0] });
  });

/** Memory of what runs beside the application. */
const besideMib = z
  .int()
  .min(32)
  .max(65_536)
  .default(128)
  .describe("Most memory of it, in MiB; kept free for it on every web server.");

const worker = z.strictObject({
  command: command.describe("Starts it, as `application.command` does the application."),
  on: z
    .enum(["one", "all"])
    .default("one")
    .describe('"one": on one web server at a time; another takes over within 40 s. "all": on every one.'),
  memoryMib: besideMib,
});

const schedule = z.strictObject({
  command: command.describe("Does the work and ends."),
  at: values.calendar.describe(
    "Times, as systemd's `OnCalendar=`, in UTC if it names no zone. At each it runs once at most, on one web server.",
  ),
  repeatable: z
    .boolean()
    .default(false)
    .describe("Whether a run that was interrupted, by a power cut for example, may be done again by another server."),
  memoryMib: besideMib,
});

/** What a visitor of the lab writes contains this, and a text of its own each time in its place. */
export const visitorText = "{text}";

/** What the lab does as a visitor. Servers are told nothing of it. */
const visitor = z
  .strictObject({
    path: values.urlPath.describe(
      "Path that a visitor of the lab writes to. Without `visitor` nothing is tried that needs writes.",
    ),
    method: z.enum(["POST", "PUT", "PATCH"]).default("POST").describe("Method of the request that writes."),
    headers: z
      .record(values.headerName, values.variableValue.describe("Headers of it, besides a `Content-Type` of JSON."))
      .default({}),
    body: values.body.describe(
      `What is written: \`${visitorText}\` in it, or in a header, becomes a text of 20 to 30 letters, digits and hyphens, another one each time.`,
    ),
    status: z.int().min(200).max(399).default(201).describe("Status of the answer that says: it is kept."),
    table: values.sqlName.describe("Table, in the schema `app`, that then has a row with the text."),
    column: values.sqlName.describe("Column of it that contains the text."),
  })
  .superRefine(({ headers, body }, context) => {
    if ([body, ...Object.values(headers)].some((value) => value.includes(visitorText))) return;
    const fix = `write ${visitorText} where the application takes a text that it keeps`;
    context.addIssue({
      ...custom(`must hold ${visitorText}, or a header must, so that each write is known again`, fix),
      path: ["body"],
    });
  });

const storage = z.strictObject({
  endpoint: values.archiveUrl.describe(
    'Address of the object storage, for example "https://nbg1.your-objectstorage.com".',
  ),
  region: values.region.describe('Region of the bucket, for example "nbg1".'),
  bucket: values.bucketName.describe(
    "Private bucket of the releases, in a project of its own, because a Hetzner key opens all buckets of its project.",
  ),
});

/** What runs on the web servers: a release, and how it is started, asked and limited. docs/your-application.md tells what it must do. */
export const application = z.strictObject({
  url: values.downloadUrl
    .optional()
    .describe(
      "Public address of the release: the application and mysql-group. Required without `application.storage`.",
    ),
  storage: storage
    .optional()
    .describe(
      "Private bucket that holds the releases, instead of `url`. `npm run app:publish` uploads a release; servers download it with `TF_VAR_release_key`.",
    ),
  sha256: values.sha256.describe("SHA-256 of the release, 64 hexadecimal digits; the build prints it."),
  command: command
    .default(["/usr/bin/node", "server.js"])
    .describe(
      "Starts the application, in the release's folder: a path and its arguments, a text each, without a shell. `./` begins a file of the release. Nothing else can be executed.",
    ),
  listens: z
    .enum(["socket", "port"])
    .default("socket")
    .describe(
      '"socket": it takes requests from the socket that systemd hands to it. "port": it opens `PORT` itself, and HAProxy holds requests while one release ends and the next begins.',
    ),
  migrate: command
    .optional()
    .describe(
      "Brings the schema up to date, under an account of its own that may do everything in it. Run by `deploy-app` before a release is tried, on one server at a time; it must do nothing when nothing is to be done. Default: none, and the application may add to the schema itself.",
    ),
  workers: z
    .record(values.taskName, worker)
    .refine((tasks) => Object.keys(tasks).length <= most.tasks, tooMany)
    .default({})
    .describe("Further commands of the release that always run."),
  schedules: z
    .record(values.taskName, schedule)
    .refine((tasks) => Object.keys(tasks).length <= most.tasks, tooMany)
    .default({})
    .describe("Commands of the release that run at given times."),
  packages: values
    .distinct(values.packageName, most.packages)
    .default(["nodejs"])
    .describe("Debian packages that it needs, installed without what they recommend."),
  environment: z
    .record(
      values.variableName,
      values.variableValue.describe(
        "Variables of its own, in plain sight. The [platform's](your-application.md#what-it-is-given) are fixed.",
      ),
    )
    .refine((variables) => Object.keys(variables).length <= most.variables, {
      message: `must have at most ${most.variables} entries`,
      params: { fix: "name what is needed, and no more" },
    })
    .default({}),
  healthPath: values.urlPath
    .default("/healthz")
    .describe("Path that answers 200 while this server can serve. The balancer asks it; visitors cannot."),
  readyPath: values.urlPath
    .default("/readyz")
    .describe(
      "Path that answers 200 when all of it works, the database too. A release is tried by it; visitors cannot.",
    ),
  pagePath: values.urlPathOrFolder
    .default("/")
    .describe(
      "Page, in HTML, that visitors get with 200; watched from outside, and read by the lab. Best one that is made from the database.",
    ),
  statusPath: values.urlPath
    .optional()
    .describe(
      "Path that answers visitors with JSON whose `environment` is the environment's name; watched from outside. Default: none, and no such watch.",
    ),
  writePaths: values
    .distinct(values.urlPathOrFolder, most.paths)
    .min(1)
    .default(["/"])
    .describe(
      "Paths that visitors write to: one path, or with a slash at its end all below it. The limits of nginx and, by default, of Cloudflare count requests to them.",
    ),
  visitor: visitor.optional(),
  memoryMib: z
    .int()
    .min(128)
    .max(65_536)
    .default(768)
    .describe("Most memory of the application, in MiB. MySQL beside it gets what is left."),
  secrets: z
    .record(values.variableName, secret)
    .refine((secrets) => Object.keys(secrets).length <= most.secrets, {
      message: `must have at most ${most.secrets} entries`,
      params: { fix: "put several values into one, for example as JSON" },
    })
    .default({})
    .describe("Secrets of its own."),
  egress: z
    .array(peer)
    .max(most.peers)
    .superRefine((peers, context) => {
      peers.forEach(({ cidr }, index) => {
        if (peers.findIndex((other) => other.cidr === cidr) !== index)
          context.addIssue({ ...custom("must be listed once", "put its ports into one list"), path: [index, "cidr"] });
      });
    })
    .refine((peers) => peers.flatMap(({ ports }) => ports).length <= most.allPorts, {
      message: `must name at most ${most.allPorts} ports in all, since Hetzner's firewall takes a rule for each`,
      params: { fix: "name fewer, or wider networks" },
    })
    .default([])
    .describe("What it may reach besides the database, by TCP. It has no name server: it must know addresses."),
  staticFolder: values.folder
    .optional()
    .describe(
      "Folder of `app/` in the release that nginx serves below /static/, with cache headers. Default: none, and /static/ is the application's.",
    ),
});

type Application = z.output<typeof application>;

/** Most memory of all that runs of a release, in MiB. */
export const memoryOf = ({ memoryMib, workers, schedules }: Application): number =>
  [...Object.values(workers), ...Object.values(schedules)].reduce((sum, task) => sum + task.memoryMib, memoryMib);

/** Whether something runs on one server at a time, so that servers must agree on which. */
export const isClaimed = ({ migrate, workers, schedules }: Application): boolean =>
  migrate !== undefined || Object.keys(schedules).length > 0 || Object.values(workers).some(({ on }) => on === "one");
