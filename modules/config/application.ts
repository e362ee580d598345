import * as z from "zod";
import * as values from "./values/index.js";
import { custom } from "./values/verdict.js";

/** Words of a command; more of them belong into a file of the release. */
const mostWords = 50;
const most = { packages: 50, variables: 100, paths: 20, secrets: 20, peers: 10, ports: 5, secretBytes: 4096 } as const;

const secret = z.strictObject({
  maxBytes: z
    .int()
    .min(1)
    .max(most.secretBytes)
    .describe(
      `Longest value, 1 to ${most.secretBytes}, for which room is kept in user data. The value is \`TF_VAR_app_secret_<name in lower case>\`; the application finds the path of a file with it in \`<NAME>_FILE\`.`,
    ),
  generation: z
    .int()
    .min(1)
    .max(1000)
    .default(1)
    .describe("Raise it with a new value: plans then name the servers that still have the old one."),
});

/** Hetzner takes 50 rules for a firewall (its OpenAPI description, `rules`); the platform's own are fewer than 20. */
const peer = z.strictObject({
  cidr: values.egressCidr.describe("A public network, or `0.0.0.0/0` for all of IPv4, `::/0` for all of IPv6."),
  ports: z
    .array(values.port)
    .min(1)
    .max(most.ports)
    .describe(`TCP ports, at most ${most.ports} for each of at most ${most.peers} networks.`),
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

/** What runs on the web servers: a release, and how it is started, asked and limited. docs/your-application.md tells what it must do. */
export const application = z.strictObject({
  url: values.downloadUrl.describe("Where servers download the release from: the application and mysql-group."),
  sha256: values.sha256.describe("SHA-256 of the release, 64 hexadecimal digits; the build prints it."),
  command: command
    .default(["/usr/bin/node", "server.js"])
    .describe(
      "Starts the application, in the release's folder: a path and its arguments, a text each, without a shell. `./` begins a file of the release. Nothing else can be executed.",
    ),
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
    .default([])
    .describe("What it may reach besides the database, by TCP. It has no name server: it must know addresses."),
  staticFolder: values.folder
    .optional()
    .describe(
      "Folder of `app/` in the release that nginx serves below /static/, with cache headers. Default: none, and /static/ is the application's.",
    ),
});
