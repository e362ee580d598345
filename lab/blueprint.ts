import path from "node:path";
import { agreement } from "../modules/config/agreement.js";
import type { Config, ServerConfig } from "../modules/config/schema.js";
import {
  allSecretParts,
  packagesOf,
  payloadHash,
  payloadOf,
  secretsAtHand,
  serverUserData,
  withCertificateBefore,
} from "../modules/machine/compose/index.js";
import { loadLabEnvironment, type LabEnvironment, type LabOverrides } from "./environment.js";
import { authority, type KeyPair } from "./keys/certificates.js";
import { createCredentials, type Credentials } from "./keys/credentials.js";
import { loginKey } from "./keys/ssh.js";
import { RepositoryKey } from "./keys/repository-key.js";
import { payloadPackages, type PayloadPackages } from "./packages/payload-packages.js";
import { suite } from "./base/base-system.js";
import type { Layout } from "./layout.js";
import { Machine } from "./machine/machine.js";
import type { Host } from "./network/addresses.js";
import { Volume } from "./machine/volume.js";

/** Everything a lab is made from, before anything runs. */
export interface Blueprint {
  readonly environment: LabEnvironment;
  readonly credentials: Credentials;
  /** Authority that visitors and machines trust, as they trust the public ones outside the lab. */
  readonly publicCa: KeyPair;
  /** Signs the repositories that stand in for vendors'. */
  readonly repositoryKey: RepositoryKey;
}

/** Private key of the lab's administrator. */
export const administratorKeyFile = ({ secrets }: Layout): string => path.join(secrets, "administrator");

/** Draws up the lab; keys and secrets are made once and found again afterwards. */
export async function drawUp(layout: Layout, overrides: LabOverrides): Promise<Blueprint> {
  const keys = path.join(layout.cache, "keys");
  const publicCa = await authority(keys, "public-ca", "lab public CA");
  const repositoryKey = new RepositoryKey(keys);
  await repositoryKey.create();
  const administratorKey = await loginKey(administratorKeyFile(layout));
  const environment = await loadLabEnvironment(overrides, administratorKey);
  return {
    environment,
    publicCa,
    repositoryKey,
    credentials: await createCredentials(layout.secrets, environment.config),
  };
}

/** What the payloads of all servers ask apt for. */
export const wantedPackages = ({ environment: { config } }: Blueprint): PayloadPackages =>
  payloadPackages(
    config.servers.map((server) => ({ ...payloadOf(config, server), packages: packagesOf(config, server) })),
    suite,
  );

function serverOf({ servers }: Config, name: string): ServerConfig {
  const server = servers.find((candidate) => candidate.name === name);
  if (server === undefined)
    throw new Error(`lab: no server ${name}; there are ${servers.map((known) => known.name).join(", ")}`);
  return server;
}

/** What tells an outdated server from a current one, as at Hetzner. */
export const payloadHashOf = ({ environment: { config } }: Blueprint, name: string): string =>
  payloadHash(config, serverOf(config, name));

/** The same of a server that has the origin certificate of the generation before, and differs in nothing else. */
export const payloadHashBefore = ({ environment: { config } }: Blueprint, name: string): string =>
  payloadHash(withCertificateBefore(config), serverOf(config, name));

/** User data of a server, byte for byte as it is synthesized, with the lab's secrets in the secret part. */
export const userDataOf = ({ environment: { config }, credentials }: Blueprint, name: string): string => {
  const server = serverOf(config, name);
  return serverUserData({
    config,
    server,
    secrets: allSecretParts(config, server, secretsAtHand(credentials.value.bind(credentials, server))),
  });
};

/** The machines of the lab, running or not, in the order of the configuration. */
export const machinesOf = (layout: Layout, blueprint: Blueprint, baseRoot: string): Machine[] =>
  blueprint.environment.servers.map((host) => {
    const { config, network } = blueprint.environment;
    const stores = config.servers.some(({ name, roles }) => name === host.name && roles.includes("database"));
    return new Machine(layout, {
      host,
      network,
      baseRoot,
      userData: () => userDataOf(blueprint, host.name),
      payloadHash: () => payloadHashOf(blueprint, host.name),
      agreement: agreement(config),
      sshKeys: Object.values(config.administrators.sshKeys),
      volume: stores ? new Volume(layout.volumes, host.index, config.database.volumeSizeGb) : undefined,
    });
  });

/** A machine that the configuration does not have any more: it can be reached, switched off and removed, and has nothing to start with. */
export const machineOutside = (
  layout: Layout,
  { network, config }: LabEnvironment,
  host: Host,
  stores: boolean,
): Machine =>
  new Machine(layout, {
    host,
    network,
    baseRoot: "",
    userData: () => "",
    payloadHash: () => "",
    agreement: "",
    sshKeys: [],
    volume: stores ? new Volume(layout.volumes, host.index, config.database.volumeSizeGb) : undefined,
  });
