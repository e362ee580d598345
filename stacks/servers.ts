import { HcloudProvider } from "@cdktf/provider-hcloud/lib/provider";
import { TerraformLocal, TerraformOutput, TerraformVariable, type TerraformVariableConfig } from "cdktf";
import type { Construct } from "constructs";
import { serversWithRole, type Config, type Role } from "../modules/config/schema.js";
import { applicationSecretName, applicationSecretVariable, type SecretName } from "../modules/derived/secrets.js";
import {
  PlatformServer,
  replaceCommand,
  reportOutdated,
  SecretLabels,
  SharedUserData,
  type SecretReferences,
} from "../modules/hetzner/server/index.js";
import { applicationSecretsLabel, neededSecret, releaseKeyLabel } from "../modules/platform/names.js";
import type { CredentialsStack } from "./credentials.js";
import type { FoundationStack } from "./foundation.js";
import { PlatformStack, type PlatformStackProps } from "./platform-stack.js";

/** Properties of {@link ServersStack}. */
export interface ServersStackProps extends PlatformStackProps {
  /** Stack with the resources that are kept when servers are replaced. */
  readonly foundation: FoundationStack;
  /** Stack with the secrets of the servers. */
  readonly credentials: CredentialsStack;
  /** Name of the Terraform program for the commands in outputs. @default "terraform" */
  readonly terraform?: string;
}

/**
 * Adds a check block, so that plans warn if a key is not set and a server is created without it. cdktf has no construct for check blocks.
 * @param needed true if `npm run ops` refuses to create a server without the key
 * @param condition expression that is true if the key is set @default - the variable is not empty
 */
const warnWithout = (
  stack: PlatformStack,
  key: TerraformVariable,
  effect: string,
  needed: boolean,
  condition = `var.${key.friendlyUniqueId} != ""`,
): void =>
  stack.addOverride(`check.${needed ? neededSecret : ""}${key.friendlyUniqueId}`, {
    assert: [
      {
        // The condition is a string, because Op writes an empty text as `undefined`.
        condition: `\${${condition}}`,
        error_message: `TF_VAR_${key.friendlyUniqueId} is not set. On servers created now, ${effect}.`,
      },
    ],
  });

/** Example of a variable's value with one key for each server. */
const example = '{"alpha":"KEY:SECRET",…}';

/**
 * Returns an expression with the key of a server from a variable. The variable is a JSON object with server names. If the server has no
 * key, the result is empty.
 */
const keyExpression = (keys: TerraformVariable, server: string): string =>
  `try(jsondecode(var.${keys.friendlyUniqueId})["${server}"], "")`;

/** An external secret, and the label that records with which value a server was created. */
interface ExternalSecret {
  readonly label: string;
  readonly name: SecretName;
  readonly variable: TerraformVariable;
}

/** Groups external secrets by the label that records them. */
function byLabel(given: readonly ExternalSecret[]) {
  const labels = [...new Set(given.map(({ label }) => label))];
  return Object.fromEntries(
    labels.map((label) => {
      const its = given.filter((one) => one.label === label);
      return [label, { secrets: its.map(({ name }) => name), variables: its.map(({ variable }) => variable) }];
    }),
  );
}

/**
 * Creates the servers and the attachments of their data volumes. A server is rebuilt only if an operator passes its address to `-replace`.
 */
export class ServersStack extends PlatformStack {
  /** All servers, in the order of the configuration. */
  readonly servers: readonly PlatformServer[];

  constructor(scope: Construct, { config, foundation, credentials, terraform = "terraform" }: ServersStackProps) {
    super(scope, "servers", { config });
    new HcloudProvider(this, "hcloud");
    const backupBucketKeys = config.backup && this.backupBucketKeys(config);
    const given = this.secretsFromOutside(config, backupBucketKeys);
    const secretLabels = new SecretLabels(this, "secret_labels", {
      config,
      key: credentials.digestKey,
      given: byLabel(given),
    });
    const shared = new SharedUserData(this, "shared_parts", {
      config,
      references: {
        ...credentials.sharedSecrets(),
        ...Object.fromEntries(
          given
            .filter(({ name }) => name !== "backupBucketKey")
            .map(({ name, variable }) => [name, variable.stringValue]),
        ),
      },
    });
    const restoreSecrets: SecretReferences = config.restore
      ? {
          restoreBucketKey: this.givenSecret("restore_bucket_key", 'Key that reads the archive, "KEY:SECRET"'),
          restorePrivateKey: this.givenSecret("restore_private_key", "Private key of age, AGE-SECRET-KEY-1…"),
        }
      : {};
    this.servers = config.servers.map((server) => {
      const { firewall, addresses, data } = foundation.of(server);
      return new PlatformServer(this, server.name, {
        config,
        server,
        subnet: foundation.privateNetwork.subnet,
        placementGroup: foundation.placementGroups.of(server),
        firewall: firewall.firewall,
        addresses,
        sshKeys: foundation.sshKeys.keys,
        volume: data?.volume,
        shared,
        secretLabels,
        ownSecrets: {
          ...credentials.ownSecretsOf(server),
          ...(backupBucketKeys && { backupBucketKey: this.backupBucketKey(backupBucketKeys, server.name) }),
          ...restoreSecrets,
        },
      });
    });
    this.addOutputs(terraform, {
      outdated: reportOutdated(this, this.servers, { secrets: secretLabels, terraform }),
      digests: secretLabels.all,
    });
  }

  /** Returns the servers with a role. */
  withRole(role: Role): readonly PlatformServer[] {
    return this.servers.filter((server) => server.config.roles.includes(role));
  }

  /**
   * Returns the external secrets. Terraform needs these secrets only when it creates a server, so plans without new servers do not need
   * them.
   */
  private secretsFromOutside(
    config: Config,
    backupBucketKeys: TerraformVariable | undefined,
  ): readonly ExternalSecret[] {
    const datadogApiKey = this.datadogApiKey(config);
    const releaseKey = config.application.storage && this.releaseKey();
    return [
      { label: "secret-datadogApiKey", name: "datadogApiKey", variable: datadogApiKey },
      ...(backupBucketKeys
        ? [{ label: "secret-backupBucketKey", name: "backupBucketKey", variable: backupBucketKeys } as const]
        : []),
      ...(releaseKey ? [{ label: releaseKeyLabel, name: "releaseKey", variable: releaseKey } as const] : []),
      ...this.applicationSecrets(config),
    ];
  }

  /** @param config its default is the empty text, so that a plan without new servers does not need the value */
  private secretVariable(name: string, config: TerraformVariableConfig): TerraformVariable {
    return new TerraformVariable(this, name, { type: "string", sensitive: true, default: "", ...config });
  }

  private datadogApiKey({ monitoring }: Config): TerraformVariable {
    const description = "Datadog API key; TF_VAR_datadog_api_key. If it is empty, the agent stays off.";
    const key = this.secretVariable("datadog_api_key", { description });
    if (monitoring.enabled) warnWithout(this, key, "the Datadog agent stays off", false);
    return key;
  }

  /**
   * Creates the variable with the keys of the archive's bucket. A database member without a key reports the missing key at once; see
   * mysql-backup.
   */
  private backupBucketKeys(config: Config): TerraformVariable {
    const keys = this.secretVariable("backup_bucket_keys", {
      description: `Keys that write the archive, one per database server: ${example}; TF_VAR_backup_bucket_keys.`,
    });
    const names = serversWithRole(config, "database").map(({ name }) => `${keyExpression(keys, name)} != ""`);
    warnWithout(
      this,
      keys,
      `changes are not archived; set the variable to ${example} with all database servers`,
      true,
      names.join(" && "),
    );
    return keys;
  }

  /** Returns the bucket key of a server as a local value, because cdktf cannot write quotes in an argument of a function. */
  private backupBucketKey(keys: TerraformVariable, server: string): string {
    return new TerraformLocal(this, `${server}_backup_bucket_key`, `\${${keyExpression(keys, server)}}`).asString;
  }

  private releaseKey(): TerraformVariable {
    const key = this.secretVariable("release_key", {
      description: 'Key that reads the private bucket of the releases, "KEY:SECRET"; TF_VAR_release_key.',
      validation: [
        {
          condition: '${can(regex("^([0-9A-Za-z_-]+:[0-9A-Za-z/+=_.~-]+)?$", var.release_key))}',
          errorMessage: 'TF_VAR_release_key must be "KEY:SECRET" of letters, digits and /+=_.~-.',
        },
      ],
    });
    warnWithout(this, key, "the release cannot be downloaded", true);
    return key;
  }

  private applicationSecrets({ application }: Config): readonly ExternalSecret[] {
    return Object.entries(application.secrets).map(([name, { maxBytes }]) => {
      const id = applicationSecretVariable(name);
      const variable = this.secretVariable(id, {
        description: `Secret ${name} of the application; TF_VAR_${id}.`,
        validation: [
          {
            // The condition uses base64, because Terraform counts characters. base64 encodes three bytes as four characters.
            condition: `\${length(base64encode(var.${id})) <= ${4 * Math.ceil(maxBytes / 3)}}`,
            errorMessage: `TF_VAR_${id} must have at most ${maxBytes} bytes, see application.secrets.${name}.maxBytes.`,
          },
        ],
      });
      warnWithout(this, variable, `the application finds an empty file in ${name}_FILE`, true);
      return { label: applicationSecretsLabel, name: applicationSecretName(name), variable };
    });
  }

  /** Creates a variable for a secret that Terraform does not generate. Every plan requires the variable `TF_VAR_<name>`. */
  private givenSecret(name: string, description: string): string {
    return this.secretVariable(name, {
      default: undefined,
      description: `${description}; TF_VAR_${name}`,
      validation: [
        { condition: `\${length(var.${name}) > 20}`, errorMessage: `TF_VAR_${name} must be set: ${description}.` },
      ],
    }).stringValue;
  }

  private addOutputs(terraform: string, found: { readonly outdated: string; readonly digests: string }): void {
    const byName = <T>(value: (server: PlatformServer) => T): Record<string, T> =>
      Object.fromEntries(this.servers.map((server) => [server.config.name, value(server)]));
    new TerraformOutput(this, "server_addresses", {
      value: byName(({ server, config }) => ({
        ipv4: server.ipv4Address,
        ipv6: server.ipv6Address,
        private: config.privateIp,
      })),
      description: "Addresses of the servers",
    });
    new TerraformOutput(this, "outdated_servers", {
      value: found.outdated,
      description: "Servers whose payload, type or external secrets differ from the configured ones",
    });
    new TerraformOutput(this, "secret_digests", {
      value: found.digests,
      description: "Keyed digests of the external secrets, which npm run ops compares with the servers' labels",
    });
    new TerraformOutput(this, "replace_commands", {
      value: byName((server) => replaceCommand(terraform, server)),
      description:
        "Commands that rebuild a server with the current payload and type. Replace one server at a time, then deploy all stacks, so that the load balancer uses it again",
    });
  }
}
