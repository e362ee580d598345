import type { Config } from "../../modules/config/schema.js";
import type { StateResource } from "../terraform/terraform.js";

/** A resource that a token can see. */
export interface FoundResource {
  /** Terraform's resource type, such as "hcloud_server". */
  readonly type: string;
  readonly id: string;
  readonly name: string;
  /** Environment in the resource's label or tag. @default - none */
  readonly environment?: string | undefined;
}

/** Input of {@link identityProblems}. */
export interface Identity {
  readonly environment: string;
  /** Name of the variable with the token, for messages, such as "HCLOUD_TOKEN". */
  readonly token: string;
  /** Name for the project or account of the token in messages, such as "Hetzner project". */
  readonly project: string;
  /** Resources of this vendor in the state. */
  readonly state: readonly StateResource[];
  /** All resources of these types that the token can see. */
  readonly found: readonly FoundResource[];
  /** Returns true for a resource outside the state that the command itself handles. @default - none */
  readonly handles?: (resource: FoundResource) => boolean;
}

const idOf = ({ attributes }: StateResource): string => String(attributes["id"]);

const list = (lines: readonly string[]): string =>
  lines.length <= 5 ? lines.join(", ") : `${lines.slice(0, 5).join(", ")} and ${lines.length - 5} more`;

const resourceText = ({ type, name, id }: FoundResource): string => `${type} ${name} (${id})`;

/**
 * Returns the reasons why a token, a state and an environment do not belong together. Pure. A single missing resource is accepted here,
 * because the plan would create it again, and the check for destruction stops that.
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

/** A zone that the Cloudflare token can see. */
export interface FoundZone {
  readonly id: string;
  readonly name: string;
}

/**
 * Returns the reasons why a Cloudflare token does not belong to a state. Pure. @param visible the zones of the state and of the domain
 * that the token can see
 */
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

/**
 * Returns a problem for each server whose configured location differs from the location of its resources, because these resources cannot
 * be moved. Pure.
 */
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
