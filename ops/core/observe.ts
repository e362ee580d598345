import { readFileSync } from "node:fs";
import { paths } from "../../modules/platform/paths.js";
import { ports } from "../../modules/platform/ports.js";
import { farMembers } from "../../modules/derived/loss.js";
import type { Config } from "../../modules/config/schema.js";
import type { Site } from "./site.js";
import { targetHealth } from "./targets.js";
import { type CloudServer, type Observation, originCertificate, type ServerState, type Snapshot } from "./snapshot.js";

const program = readFileSync(new URL("files/observe.py", import.meta.url), "utf8");

/** Returns the input of observe.py: paths and ports of the platform. */
const settingsOf = ({ application }: Config) => ({
  ready: `http://127.0.0.1:${ports.application}${application.readyPath}`,
  setupComplete: paths.setup.complete,
  setupNotice: paths.setup.notice,
  inService: paths.nginx.inService,
  deploy: paths.application.deploy,
  releases: paths.application.releases,
  current: paths.application.current,
  group: paths.mysql.groupSettings,
  certificates: {
    "MySQL's certificate": paths.mysql.certificate,
    "MySQL's authority": paths.mysql.ca,
    [originCertificate]: paths.nginx.originCertificate,
  },
  disks: ["/", paths.mysql.mountPoint],
  aptFollows: ["/var/lib/dpkg/status", "/var/lib/apt/lists", "/etc/apt/preferences.d"],
  aptTold: "/run/upgradable.json",
});

/** Options of {@link look}. */
export interface LookProps {
  /**
   * Whether to include possible package upgrades. If packages or package lists have changed, the request takes half a second of processor
   * time on the server.
   * @default false
   */
  readonly withUpgradable?: boolean;
  /** Servers in addition to the configured ones. @default - none */
  readonly also?: readonly Pick<ServerState, "name" | "roles" | "privateIp">[];
}

/** Observes all servers at the same time. A server that does not answer delays the result by seconds, but is not an error. */
export async function look(site: Site, { also = [], withUpgradable }: LookProps = {}): Promise<Snapshot> {
  const { config, cloud } = site;
  const wanted = [...config.servers, ...also];
  const observing = wanted.map(({ name }) => observe(site, name, { withUpgradable }));
  const [known, targets, told] = await Promise.all([cloud.servers(), cloud.targets(), Promise.all(observing)]);
  const far = farMembers(config).map(({ name }) => name);
  const cloudServers = new Map<string, CloudServer>(known.map((server) => [server.name, server]));
  const { idle, of } = targetHealth(config, targets, (name) => cloudServers.get(name)?.current ?? false);
  return {
    environment: config.environment,
    idleBalancers: idle,
    protect: config.protect,
    release: config.application,
    outside: known.filter(({ name }) => !config.servers.some((server) => server.name === name)),
    servers: wanted.map(({ name, roles, privateIp }, index): ServerState => ({
      name,
      roles,
      privateIp,
      ...(far.includes(name) && { isFar: true }),
      cloud: cloudServers.get(name),
      observation: told[index]?.observation,
      silence: told[index]?.silence ?? "",
      healthy: of(name),
    })),
  };
}

interface Told {
  /** Report of the server about itself. @default - absent: the server did not answer */
  readonly observation?: Observation;
  readonly silence: string;
}

async function observe(
  { config, ssh, logins }: Site,
  name: string,
  props: Pick<LookProps, "withUpgradable">,
): Promise<Told> {
  const login = logins.get(name);
  if (login === undefined) return { silence: "it has no address or host key yet" };
  const command = ["python3", "-I", "-", JSON.stringify({ ...settingsOf(config), ...props })];
  const { ok, stdout, stderr } = await ssh.tryRun(login, command, { input: program, timeoutSeconds: 20 });
  if (!ok) return { silence: stderr.trim().split("\n").at(-1) || "no reason given" };
  return { observation: JSON.parse(stdout) as Observation, silence: "" };
}
