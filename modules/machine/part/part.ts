import type { Config, Role, ServerConfig } from "../../config/schema.js";
import type { PublishedKey } from "../../platform/apt-keys.js";

/** A file of the payload. The file contains no secret and no Terraform reference. */
export interface PayloadFile {
  readonly path: string;
  readonly content: string;
  /**
   * Content that decides whether a server is outdated. A server must be replaced if it was created with other decisive
   * content. The decisive content omits values that only a new server uses, such as its first release. @default content
   */
  readonly decisiveContent?: string;
  /** Owner of the file as `user:group`. @default "root:root" */
  readonly owner?: string;
  /** Octal permissions of the file. @default "0644" */
  readonly permissions?: string;
}

/** An apt repository of a vendor. */
export interface AptSource {
  /** Name of the file in sources.list.d, without its ending. */
  readonly name: string;
  /**
   * Line in the format of sources.list: "deb URL SUITE COMPONENT". cloud-config.ts adds the option `signed-by`.
   * `$RELEASE` is a placeholder for Debian's suite.
   */
  readonly source: string;
  /** ASCII-armored public key that signs the repository, or the URL and fingerprints of a published key. */
  readonly key: string | PublishedKey;
}

/**
 * A part of the payload: files, packages and scripts of one software on all servers with the same roles. payload.ts
 * merges the parts in setup order.
 */
export interface PayloadPart {
  /** Name of the part in messages, such as setup failures. The name consists of lower-case words and dashes. */
  readonly name: string;
  /** Debian packages to install before `setup` runs. @default - none */
  readonly packages?: readonly string[];
  /** apt repositories of vendors that contain the packages. @default - none, because Debian contains the packages */
  readonly aptSources?: readonly AptSource[];
  /** Files that are equal on all servers with these roles. @default - none */
  readonly files?: readonly PayloadFile[];
  /** Returns the files that contain the name or address of one server. @default - none */
  readonly ownFiles?: (server: ServerConfig) => readonly PayloadFile[];
  /**
   * Script that starts the services of the part. The script runs after the packages are installed and all files and
   * secrets are written. The script is repeated until it succeeds, so it must be idempotent. The last output line of a
   * failed script states the reason.
   * @default - none
   */
  readonly setup?: string;
  /**
   * Script that checks the part every minute. If the script finds a problem, it prints the problem and fails. Every
   * login shows this output. Alerts of a failed check contain the name of the part; see `notices` in
   * platform/signals.ts. @default - none
   */
  readonly check?: string;
}

/** Input of a part of the payload: the configuration, and the roles of the servers that get the part. */
export interface PayloadContext {
  readonly config: Config;
  readonly roles: readonly Role[];
}
