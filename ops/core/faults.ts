/** Commands that change a running environment, as the fault table names them. */
export const judgedCommands = [
  "rollout",
  "upgrade",
  "remove",
  "replace",
  "release",
  "rollback",
  "failover",
  "rotate",
  "rotate-passwords",
  "rotate-authority",
  "balancers",
] as const;
export type JudgedCommand = (typeof judgedCommands)[number];

/** `fixes`: the command can repair the fault. `ignores`: the fault does not matter to it. `stops`: the command is refused. */
export type Verdict = "fixes" | "ignores" | "stops";

/** A fault of a server or of the whole group. */
export interface Fault {
  readonly kind: FaultKind;
  /** Name of the server that has the fault. @default - absent: the whole group has the fault */
  readonly server?: string;
  /** Text for people, such as "bravo: is off". */
  readonly text: string;
  /** Name of the failed unit, or path of the full disk. @default - none */
  readonly what?: string;
}

interface FaultRow {
  /** Explanation for docs/operations.md. */
  readonly meaning: string;
  /** Command or place that helps. SERVER and WHAT stand for the server, and for its failed unit or full disk. */
  readonly help: string;
  readonly verdicts: Readonly<Record<JudgedCommand, Verdict>>;
}

/** Verdict for most faults: commands that take a healthy server out of service stop until all servers are healthy. */
const planned = { rollout: "stops", upgrade: "stops", remove: "stops" } as const;
/** Verdict for faults that do not affect a change of releases or secrets. */
const unrelated = {
  ...{ replace: "ignores", release: "ignores", rollback: "ignores", failover: "ignores" },
  ...{ rotate: "ignores", "rotate-passwords": "ignores", "rotate-authority": "stops", balancers: "ignores" },
} as const satisfies Partial<FaultRow["verdicts"]>;

const row = (meaning: string, help: string, differences: Partial<Record<JudgedCommand, Verdict>> = {}): FaultRow => ({
  meaning,
  help,
  verdicts: { ...planned, ...unrelated, ...differences } satisfies Record<JudgedCommand, Verdict>,
});

const needsDatabase = { release: "stops", failover: "stops", "rotate-passwords": "stops" } as const;
const broken = { release: "fixes", rollback: "fixes" } as const;

const onServer = (command: string): string => `on SERVER: ${command}`;
const runbook = (section: string): string => `docs/runbook.md#${section}`;

/**
 * All kinds of faults, with the verdict of each command. A command is never stopped by faults of the server that it processes. Examples:
 * SERVER in `replace SERVER`, or a server that an interrupted run left unfinished.
 */
export const faultTable = {
  "no-primary": row("no member is the primary", runbook("no-primary"), { ...needsDatabase, replace: "fixes" }),
  "two-primaries": row("two members are the primary", runbook("two-primaries"), {
    ...needsDatabase,
    replace: "stops",
    rotate: "stops",
  }),
  "read-only-primary": row("the primary is read-only", runbook("data-volume-full"), {
    ...needsDatabase,
    replace: "stops",
  }),
  missing: row("a server does not exist", "npm run ops replace SERVER"),
  off: row("a server is off", "start it in the Hetzner console, or npm run ops replace SERVER"),
  silent: row("a server does not answer and serves no visitors", "npm run ops replace SERVER"),
  "silent-serving": row("a server does not answer but serves visitors", "npm run ops replace SERVER", {
    rotate: "stops",
    "rotate-passwords": "stops",
  }),
  "setup-unfinished": row("the setup of a server is not complete", onServer("journalctl -u server-setup -n 50")),
  "failed-unit": row("a unit of a server failed", onServer("journalctl -u WHAT -n 50; systemctl restart WHAT"), broken),
  "group-silent": row("mysql-group does not answer on a member", onServer("systemctl restart mysql-group")),
  "member-offline": row("a member is not ONLINE", onServer("mysql-group status")),
  "no-majority": row("a member sees no majority", runbook("members-missing")),
  "member-unseen": row("a member does not see another member in its group", runbook("member-unreachable")),
  "member-behind": row("a member is behind the primary", runbook("applier-queue")),
  "out-of-service": row("a web server is out of service", onServer("systemctl start in-service")),
  "not-ready": row("the application of a web server is not ready", onServer("journalctl -u app -n 50"), broken),
  "no-target": row("a web server is not a target of the load balancer", "npm run deploy"),
  "target-unhealthy": row(
    "the load balancer finds a web server unhealthy",
    onServer("systemctl status nginx app; /usr/local/lib/platform/check-host-firewall"),
    broken,
  ),
  "balancer-idle": row("one of two load balancers finds no web server healthy", "npm run ops balancers", {
    "rotate-authority": "ignores",
    balancers: "stops",
  }),
  "disk-full": row(
    "a disk is at least 85 % full",
    `${onServer("du -xh --max-depth 3 WHAT")}; ${runbook("disk-full")}`,
    { "rotate-authority": "ignores" },
  ),
  unprotected: row("a server is not protected at Hetzner", "npm run deploy", { "rotate-authority": "ignores" }),
} as const satisfies Readonly<Record<string, FaultRow>>;

export type FaultKind = keyof typeof faultTable;

/** Returns the text of a fault, followed by the command or the runbook section that helps. */
export const withHelp = ({ kind, server = "", text, what = "" }: Fault): string =>
  `${text}; ${faultTable[kind].help.replace("SERVER", server).replaceAll("WHAT", what)}`;

/** Returns the verdict of a command on a fault. */
export const verdictOf = ({ kind }: Pick<Fault, "kind">, command: JudgedCommand): Verdict =>
  faultTable[kind].verdicts[command];

/** Faults that prevent changes of the server over SSH. */
export const unreachable: readonly FaultKind[] = ["missing", "off", "silent", "silent-serving", "setup-unfinished"];
