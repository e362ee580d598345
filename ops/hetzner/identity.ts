import type { Config } from "../../modules/config/schema.js";
import type { StateResource } from "../terraform/terraform.js";

/** A resource that a token can see. */
export interface FoundResource {
  /** Type in Terraform: "hcloud_server". */
  readonly type: string;
  readonly id: string;
  readonly name: string;
  /** Environment in its label or tag. @default - none */
  readonly environment?: string | undefined;
}

/** What {@link identityProblems} compares. */
export interface Identity {
  readonly environment: string;
  /** Variable with the token, for messages: "HCLOUD_TOKEN". */
  readonly token: string;
  /** Name of the project or account of the token, for messages: "Hetzner project". */
  readonly project: string;
  /** Resources of this vendor in the state. */
  readonly state: readonly StateResource[];
  /** All resources of these types that the token can see. */
  readonly found: readonly FoundResource[];
  /** Whether the command itself handles a resource that is in no state. @default - no resource */
  readonly handles?: (resource: FoundResource) => boolean;
}

const idOf = ({ attributes }: StateResource): string => String(attributes["id"]);

const list = (lines: readonly string[]): string =>
  lines.length <= 5 ? lines.join(", ") : `${lines.slice(0, 5).join(", ")} and ${lines.length - 5} more`;

const resourceText = ({ type, name, id }: FoundResource): string => `${type} ${name} (${id})`;

/**
 * Why a token, a state and an environment do not belong together; empty if they do. Pure. A single missing resource is accepted here: its
 * plan creates it again, which counts as destruction.
 */
export function identityProblems(identity: Identity): readonly string[] {
  const other = otherProject(identity);
  if (other !== undefined) return [other];
  return [...otherEnvironment(identity), ...strays(identity)];
}

function otherProject({ environment, token, project, state, found }: Identity): string | undefined {
  const key = ({ type, id }: Pick<FoundResource, "type" | "id">): string => `${type} ${id}`;
  const ids = new Set(found.map(key));
  if (state.length === 0) {
    const others = [...new Set(found.map((one) => one.environment))].filter((one) => one && one !== environment);
    return others.length === 0
      ? undefined
      : `${token}: belongs to the ${project} of environment ${others.join(", ")}, and the state of ${environment} is empty; ` +
          `set the token of the ${project} of ${environment}, or correct ENVIRONMENT`;
  }
  if (state.some((resource) => ids.has(key({ type: resource.type, id: idOf(resource) })))) return undefined;
  const lost = list(state.map((resource) => `${resource.address} (${idOf(resource)})`));
  const seen = found.length === 0 ? `its ${project} is empty` : `its ${project} has ${list(found.map(resourceText))}`;
  return (
    `${token}: none of the resources in the state of ${environment} exist in its ${project}: ${lost}; ${seen}. ` +
    `Set the token of the ${project} of ${environment}, or correct ENVIRONMENT or backend`
  );
}

function otherEnvironment({ environment, project, state, found }: Identity): readonly string[] {
  const inState = new Map(state.map((resource) => [`${resource.type} ${idOf(resource)}`, resource.address]));
  const wrong = found.filter(
    (resource) =>
      inState.has(`${resource.type} ${resource.id}`) &&
      resource.environment !== undefined &&
      resource.environment !== environment,
  );
  if (wrong.length === 0) return [];
  return [
    `ENVIRONMENT: is ${environment}, but the state has resources that the ${project} labels as environment ${wrong[0]?.environment}: ` +
      `${list(wrong.map(resourceText))}. Correct ENVIRONMENT, or backend, which must be another place for each environment`,
  ];
}

function strays({ environment, project, state, found, handles = () => false }: Identity): readonly string[] {
  const inState = new Set(state.map((resource) => `${resource.type} ${idOf(resource)}`));
  const stray = found.filter(
    (resource) =>
      resource.environment === environment && !inState.has(`${resource.type} ${resource.id}`) && !handles(resource),
  );
  if (stray.length === 0) return [];
  const all = list(stray.map(resourceText));
  return [
    state.length === 0
      ? `backend: the state of ${environment} is empty, but the ${project} has its resources: ${all}. ` +
        "Restore the state or correct backend. If a first deploy was killed before it saved its state, delete these resources"
      : `state: the ${project} has resources of ${environment} that are not in the state: ${all}. ` +
        "If a killed run created them, delete them; otherwise restore the newest state",
  ];
}

/** A zone as the Cloudflare token sees it. */
export interface FoundZone {
  readonly id: string;
  readonly name: string;
}

/** Why a Cloudflare token does not belong to a state; empty if it does. Pure. @param visible zones that the token can see, among those of the state and of the domain */
export function zoneProblems(
  domain: string,
  state: readonly StateResource[],
  visible: readonly FoundZone[],
): readonly string[] {
  const zones = new Set(state.flatMap(({ attributes: { zone_id: id } }) => (typeof id === "string" ? [id] : [])));
  const hidden = [...zones].filter((id) => !visible.some((zone) => zone.id === id));
  const own = visible.find(({ name }) => name === domain);
  if (own === undefined)
    return [`CLOUDFLARE_API_TOKEN: cannot see the zone ${domain}; create the zone, or set a token with access to it`];
  if (hidden.length === 0) return [];
  return [
    `CLOUDFLARE_API_TOKEN: cannot see zone ${hidden.join(", ")}, which the state has records in; its zone ${domain} is ${own.id}. ` +
      "Set the token of the account that this environment was deployed to",
  ];
}

/** Servers whose location in the configuration differs from that of their existing resources, which cannot move. Pure. */
export const movedProblems = (servers: Config["servers"], state: readonly StateResource[]): readonly string[] =>
  servers.flatMap(({ name, location }) => {
    const elsewhere = state.filter(
      ({ attributes: { labels, location: present } }) =>
        typeof present === "string" &&
        present !== location &&
        (labels as Readonly<Record<string, string>> | null | undefined)?.["server"] === name,
    );
    const [first] = elsewhere;
    if (first === undefined) return [];
    const old = String(first.attributes["location"]);
    return [
      `servers.${name}.location: is ${location}, but ${list(elsewhere.map(({ address }) => address))} exist in ${old}, and a volume cannot move. ` +
        `Set "${old}" again. To move, add a server with another name in ${location}, then remove ${name}: docs/changes.md`,
    ];
  });
