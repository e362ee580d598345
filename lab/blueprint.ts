import path from "node:path";
import { agreement } from "../modules/derived/agreement.js";
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

/** Configuration, credentials and keys from which a lab is created. */
export interface Blueprint {
  readonly environment: LabEnvironment;
  readonly credentials: Credentials;
  /** The lab's equivalent of a public certificate authority. Visitors and machines trust the authority. */
  readonly publicCa: KeyPair;
  /** Key that signs the lab's copies of the vendors' package repositories. */
  readonly repositoryKey: RepositoryKey;
}

/** Returns the path of the file with the private SSH key of the lab's administrator. */
export const administratorKeyFile = ({ secrets }: Layout): string => path.join(secrets, "administrator");

/** Creates the lab's keys and secrets if they do not exist, and loads the lab's environment. */
export async function drawUp(layout: Layout, overrides: LabOverrides): Promise<Blueprint> {
  const keys = path.join(layout.cache, "keys");
  const publicCa = await authority(keys, "public-ca", "lab public CA");
  const repositoryKey = new RepositoryKey(keys);
  await repositoryKey.create();
  const administratorKey = await loginKey(administratorKeyFile(layout));
  const environment = await loadLabEnvironment(overrides, administratorKey, layout.numbers);
  return {
    environment,
    publicCa,
    repositoryKey,
    credentials: await createCredentials(layout.secrets, environment.config),
  };
}

/** Returns the apt packages and sources that the payloads of all servers require. */
export const wantedPackages = ({ environment: { config } }: Blueprint): PayloadPackages =>
  payloadPackages(
    config.servers.map((server) => ({ ...payloadOf(config, server), packages: packagesOf(config, server) })),
    suite,
  );

function serverOf({ servers }: Config, name: string): ServerConfig {
  const server = servers.find((candidate) => candidate.name === name);
  if (server === undefined)
    throw new Error(`lab: no server ${name}; use one of ${servers.map((known) => known.name).join(", ")}`);
  return server;
}

/** Returns the hash of a server's payload. A server that was created with another hash is outdated, as at Hetzner. */
export const payloadHashOf = ({ environment: { config } }: Blueprint, name: string): string =>
  payloadHash(config, serverOf(config, name));

/** Returns the hash of a server's payload with the previous generation of the origin certificate. */
export const payloadHashBefore = ({ environment: { config } }: Blueprint, name: string): string =>
  payloadHash(withCertificateBefore(config), serverOf(config, name));

/** Returns the user data of a server. The user data are the same as in production except for the lab's secrets. */
export const userDataOf = ({ environment: { config }, credentials }: Blueprint, name: string): string => {
  const server = serverOf(config, name);
  return serverUserData({
    config,
    server,
    secrets: allSecretParts(config, server, secretsAtHand(credentials.value.bind(credentials, server))),
  });
};

/** Creates the objects for all machines of the lab, in the order of the configuration. Starts no machine. */
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

/**
 * Creates the object for a machine that was removed from the configuration. The lab can shut down or remove the machine, but not start the
 * machine.
 */
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
