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

/** Everything that a lab is created from, before anything runs. */
export interface Blueprint {
  readonly environment: LabEnvironment;
  readonly credentials: Credentials;
  /** Certificate authority that visitors and machines trust, like a public authority outside the lab. */
  readonly publicCa: KeyPair;
  /** Signs the lab's copies of vendors' repositories. */
  readonly repositoryKey: RepositoryKey;
}

/** Private key of the lab's administrator. */
export const administratorKeyFile = ({ secrets }: Layout): string => path.join(secrets, "administrator");

/** Prepares the lab. Keys and secrets are created once and reused afterwards. */
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

/** apt packages and sources required by the payloads of all servers. */
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

/** Hash of a server's payload. A server with another hash is outdated, as at Hetzner. */
export const payloadHashOf = ({ environment: { config } }: Blueprint, name: string): string =>
  payloadHash(config, serverOf(config, name));

/** Hash of a server's payload with the origin certificate of the previous generation. */
export const payloadHashBefore = ({ environment: { config } }: Blueprint, name: string): string =>
  payloadHash(withCertificateBefore(config), serverOf(config, name));

/** User data of a server, exactly as synthesized, but with the lab's secrets. */
export const userDataOf = ({ environment: { config }, credentials }: Blueprint, name: string): string => {
  const server = serverOf(config, name);
  return serverUserData({
    config,
    server,
    secrets: allSecretParts(config, server, secretsAtHand(credentials.value.bind(credentials, server))),
  });
};

/** All machines of the lab, in the order of the configuration. */
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

/** A machine that is no longer in the configuration. It can be reached, shut down and removed, but not started. */
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
