import { serverTypes } from "../../platform/hetzner-offers.js";
import { staticPath } from "../../platform/names.js";
import { memoryOf } from "../application.js";
import { applicationRoomMib } from "../buffer-pool.js";
import { leastMemoryGib } from "./servers.js";
import { rule, unless } from "./rule.js";

const pathsDiffer = rule(["application"], ({ application }) => {
  const { healthPath, readyPath } = application;
  return [
    ...unless(readyPath !== healthPath, () => ({
      path: "application.readyPath",
      rule: "must be another path than application.healthPath: a database that is away must not take all servers out",
      got: readyPath,
      fix: "have the application answer the two by themselves",
    })),
    ...(["pagePath", "statusPath"] as const).flatMap((key) =>
      unless(application[key] !== healthPath && application[key] !== readyPath, () => ({
        path: `application.${key}`,
        rule: "must be neither application.healthPath nor application.readyPath, which visitors cannot ask for",
        got: application[key],
        fix:
          key === "statusPath"
            ? "choose a path that visitors may see, or leave it out"
            : "choose a path that visitors may see",
      })),
    ),
  ];
});

const nameOf = (variable: string): string => variable.replace(/_FILE$/, "");

/** Each secret has a variable with the path of its file, and Terraform's name for it is in lower case. */
const secretsHaveNames = rule(["application"], ({ application: { environment, secrets } }) =>
  Object.keys(environment)
    .filter((variable) => variable !== nameOf(variable) && Object.hasOwn(secrets, nameOf(variable)))
    .map((variable) => ({
      path: `application.environment.${variable}`,
      rule: `must have another name: it tells where the secret ${nameOf(variable)} is`,
      got: environment[variable],
      fix: "choose another name, or remove it",
    })),
);

const staticIsNginx = rule(["application"], ({ application }) =>
  (["healthPath", "readyPath", "statusPath"] as const).flatMap((key) =>
    unless(application.staticFolder === undefined || !application[key]?.startsWith(staticPath), () => ({
      path: `application.${key}`,
      rule: `must not lie below ${staticPath}, where nginx serves application.staticFolder by itself`,
      got: application[key],
      fix: "choose another path",
    })),
  ),
);

const memoryFits = rule(["application", "servers", "serverType"], ({ application, servers, serverType }) => {
  const rooms = Object.entries(servers)
    .filter(([, { roles }]) => roles.includes("web"))
    .flatMap(([name, { type, roles }]) => {
      const memoryGib = serverTypes[type ?? serverType]?.memoryGib ?? 0;
      // That a type is too small for its roles, another rule says.
      if (roles.some((role) => memoryGib < leastMemoryGib[role])) return [];
      const room = applicationRoomMib({ memoryMib: memoryGib * 1024, database: roles.includes("database") });
      return [{ name, room }];
    })
    .sort((one, other) => one.room - other.room);
  const [tightest] = rooms;
  return unless(tightest === undefined || memoryOf(application) <= tightest.room, () => ({
    path: "application.memoryMib",
    rule: `must be, with that of workers and schedules, at most ${tightest?.room} MiB, what the memory of ${tightest?.name} holds beside everything else`,
    got: memoryOf(application),
    fix: "lower it, or choose a larger server type",
  }));
});

/** Rules about the application. */
export const applicationRules = [pathsDiffer, secretsHaveNames, staticIsNginx, memoryFits];
